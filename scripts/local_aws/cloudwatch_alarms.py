"""DescribeAlarms in the Query protocol, whole: ministack answers a part of the members there (all of them in JSON).

Terraform's provider 5.x reads alarms in the Query protocol; it would see a difference in every alarm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from scripts.local_aws.aws_in_process import Caller, InProcessAws
from scripts.local_aws.exchange import Request, Response, credential_scope

NAMESPACE = "http://monitoring.amazonaws.com/doc/2010-08-01/"
TARGET = "GraniteServiceVersion20100801.DescribeAlarms"
LISTS = ("AlarmNames", "AlarmTypes")
TEXTS = ("AlarmNamePrefix", "StateValue", "NextToken")


@dataclass(frozen=True)
class CloudwatchAlarms:
    aws: InProcessAws

    def claims(self, method: str, path: str, headers: dict[str, str]) -> bool:
        form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        return form and method == "POST" and credential_scope(headers) == "monitoring"

    async def answer(self, request: Request) -> Response | None:
        values = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        if values.get("Action") != "DescribeAlarms":
            return None
        given = await self.aws.target(Caller.of(request), "monitoring", TARGET, _as_json(values))
        if given.status != 200:
            return None  # ministack says the same again, in XML
        result = _xml({"DescribeAlarmsResult": given.json()})
        body = f'<DescribeAlarmsResponse xmlns="{NAMESPACE}">{result}</DescribeAlarmsResponse>'
        return Response(200, body.encode(), {"content-type": "text/xml"})


def _as_json(values: Mapping[str, str]) -> dict[str, Any]:
    """``AlarmNames.member.1=x`` -> ``{"AlarmNames": ["x"]}``."""
    found: dict[str, Any] = {name: values[name] for name in TEXTS if name in values}
    for name in LISTS:
        members = [value for key, value in values.items() if key.startswith(f"{name}.member.")]
        if members:
            found[name] = members
    if "MaxRecords" in values:
        found["MaxRecords"] = int(values["MaxRecords"])
    return found


def _xml(value: Any, name: str = "") -> str:
    """JSON as the Query protocol writes it: lists hold <member>, times are ISO 8601, nothing stands for null."""
    if isinstance(value, dict):
        return "".join(f"<{key}>{_xml(item, key)}</{key}>" for key, item in value.items() if item is not None)
    if isinstance(value, list):
        return "".join(f"<member>{_xml(item)}</member>" for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    if name.endswith("Timestamp"):
        return datetime.fromtimestamp(float(value), UTC).isoformat().replace("+00:00", "Z")
    return escape(str(value))
