"""Seam: saved queries of CloudWatch Logs Insights, which the emulator lacks, and running them.

Definitions come from templates alone. What the API answers is read from the stacks, so nothing is
kept beside them. The emulator runs queries without `stats` and without the fields of JSON lines,
and ignores the filters that it does not know.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-querydefinition.html
"""

import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import cloudformation, cloudwatch_logs
from ministack.services.cloudformation import provisioners

from local.adapter import pinned, wire
from local.alarms import log_queries
from local.alarms.log_queries import MalformedQueryError

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]

_TYPE = "AWS::Logs::QueryDefinition"
_LANGUAGE = "CWLI"
_MOST_ROWS = 10_000
_OK = 200


def install() -> None:
    """Put the seam in place."""
    for name in (
        "_queries",
        "_collect_query_records",
        "_public_log_record",
        "_resolve_query_log_groups",
    ):
        pinned.require(cloudwatch_logs, name)
    pinned.require(cloudformation, "_stacks")
    handlers = pinned.require(provisioners, "_RESOURCE_HANDLERS")
    handlers[_TYPE] = {"create": _create, "update": _update, "delete": lambda *_: None}
    pinned.require(provisioners, "_REPLACING_PROPERTIES")[_TYPE] = ()
    pinned.wrap(cloudwatch_logs, "_start_query", _running)
    pinned.wrap(cloudwatch_logs, "handle_request", _describing)


def _create(_: str, properties: Properties, __: str) -> Created:
    return _update(str(uuid.uuid4()), {}, properties, "")


def _update(query: str, _: Properties, new: Properties, __: str) -> Created:
    """Take a definition, and refuse at deployment what could not be run."""
    if new.get("QueryLanguage", _LANGUAGE) != _LANGUAGE or "Parameters" in new:
        raise ValueError(f"{new['Name']}: the local cloud has {_LANGUAGE} without parameters alone")
    try:
        log_queries.parse(new["QueryString"])
    except MalformedQueryError as error:
        raise ValueError(f"{new['Name']} cannot be run by the local cloud: {error}") from None
    return query, {"QueryDefinitionId": query}


def _describing(handle: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def wrapped(
        method: str, path: str, headers: dict[str, str], body: bytes, query: Any
    ) -> Any:
        if wire.operation_of(headers) == "DescribeQueryDefinitions":
            return wire.answer_json(body, _describe)
        return await handle(method, path, headers, body, query)

    return wrapped


def _describe(wanted: Properties) -> Properties:
    resources = [
        resource
        for stack in cloudformation._stacks.values()
        for resource in stack.get("_resources", {}).values()
        if resource["ResourceType"] == _TYPE
    ]
    definitions = sorted(map(_definition, resources), key=lambda each: str(each["name"]))
    prefix = wanted.get("queryDefinitionNamePrefix", "")
    return {"queryDefinitions": [each for each in definitions if each["name"].startswith(prefix)]}


def _definition(resource: Properties) -> Properties:
    properties = resource["Properties"]
    changed = datetime.fromisoformat(resource["Timestamp"])
    return {
        "queryLanguage": _LANGUAGE,
        "queryDefinitionId": resource["PhysicalResourceId"],
        "name": properties["Name"],
        "queryString": properties["QueryString"],
        "lastModified": int(changed.timestamp() * 1000),
        "logGroupNames": properties.get("LogGroupNames") or [],
    }


def _running(start: Callable[[Properties], wire.Response]) -> Callable[[Properties], wire.Response]:
    """Let the emulator check and file a query, and file our answer to it in place of its own."""

    def wrapped(wanted: Properties) -> wire.Response:
        try:
            query = log_queries.parse(wanted["queryString"])
        except MalformedQueryError as error:
            refusal: wire.Response = error_response_json("MalformedQueryException", str(error))
            return refusal
        answer = start(wanted)
        if answer[0] == _OK:
            rows = query(_events(wanted))[: wanted.get("limit", _MOST_ROWS)]
            filed = cloudwatch_logs._queries[json.loads(answer[2])["queryId"]]
            filed["results"] = [
                [{"field": name, "value": value} for name, value in row.items()] for row in rows
            ]
            # It counts what the emulator's filters let pass.
            del filed["statistics"]["recordsMatched"]
        return answer

    return wrapped


def _events(wanted: Properties) -> list[log_queries.Row]:
    """Return what was logged within the time of a query, newest first, as Insights answers."""
    records = cloudwatch_logs._collect_query_records(
        cloudwatch_logs._resolve_query_log_groups(wanted), wanted["startTime"], wanted["endTime"]
    )
    return [cloudwatch_logs._public_log_record(record) for record in reversed(records)]
