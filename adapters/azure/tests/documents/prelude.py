import json
import os
import sys

from azure.cosmos import CosmosClient

account = CosmosClient(os.environ["AZURE_COSMOS_ENDPOINT"], os.environ["AZURE_COSMOS_KEY"])
database = account.get_database_client(os.environ.get("AZURE_COSMOS_DATABASE", "anyport"))
container = database.get_container_client(sys.argv[1])


def own(item):
    return {name: value for name, value in item.items() if not name.startswith("_")}


def show(value):
    json.dump(value, sys.stdout)
