import base64
import json
import sys

from cloudevents.core.bindings.http import (
    HTTPMessage,
    from_http_event,
    to_binary_event,
    to_structured_event,
)
from cloudevents.core.v1.event import CloudEvent
from dateutil.parser import isoparse


def shown(value):
    if value is None:
        return None
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": base64.b64encode(bytes(value)).decode()}
    return {"value": value}


def text(value):
    return value if isinstance(value, str) else value.isoformat().replace("+00:00", "Z")


def read(message):
    event = from_http_event(HTTPMessage(headers=message["headers"], body=base64.b64decode(message["body"])))
    attributes = {name: text(value) for name, value in event.get_attributes().items() if value is not None}
    return {"attributes": attributes, "data": shown(event.get_data())}


def write(told):
    attributes = dict(told["attributes"])
    if "time" in attributes:
        attributes["time"] = isoparse(attributes["time"])
    data = told["data"]
    if data is not None:
        data = base64.b64decode(data["bytes"]) if "bytes" in data else data["value"]
    event = CloudEvent(attributes, data)
    messages = [to_binary_event(event), to_structured_event(event)]
    return [{"headers": one.headers, "body": base64.b64encode(one.body).decode()} for one in messages]


told = json.load(sys.stdin)
act = {"read": read, "write": write}[sys.argv[1]]
json.dump([act(one) for one in told], sys.stdout)
