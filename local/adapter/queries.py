"""Seam: Athena's named queries in templates, of which the emulator has the API alone.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-athena-namedquery.html
"""

import json
from typing import Any

from ministack.services import athena
from ministack.services.cloudformation import provisioners

from local.adapter import pinned

Properties = dict[str, Any]

_TYPE = "AWS::Athena::NamedQuery"


def install() -> None:
    """Put the seam in place."""
    for name in ("_create_named_query", "_delete_named_query"):
        pinned.require(athena, name)
    handlers = pinned.require(provisioners, "_RESOURCE_HANDLERS")
    handlers[_TYPE] = {"create": _create, "delete": _delete}
    replacing = pinned.require(provisioners, "_REPLACING_PROPERTIES")
    replacing[_TYPE] = ("Database", "Description", "Name", "QueryString", "WorkGroup")


def _create(_: str, properties: Properties, __: str) -> tuple[str, dict[str, Any]]:
    *_rest, body = athena._create_named_query(properties)
    query = json.loads(body)["NamedQueryId"]
    return query, {"NamedQueryId": query}


def _delete(query: str, _: Properties) -> None:
    athena._delete_named_query({"NamedQueryId": query})
