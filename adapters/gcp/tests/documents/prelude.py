import datetime
import json
import os
import sys

from google.cloud import firestore

db = firestore.Client(project=os.environ["GOOGLE_CLOUD_PROJECT"])
prefix = sys.argv[1]
collection = db.collection(prefix + "users")


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    raise TypeError(type(value))


def show(value):
    json.dump(value, sys.stdout, default=plain)

