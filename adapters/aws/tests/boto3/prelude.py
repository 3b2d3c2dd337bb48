import json
import os
import sys
from decimal import Decimal

import boto3

table = boto3.resource("dynamodb", region_name=os.environ["AWS_REGION"]).Table(sys.argv[1])


def plain(value):
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(type(value))


def show(value):
    json.dump(value, sys.stdout, default=plain)

