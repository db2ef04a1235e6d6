from typing import Any

import pytest

from local.calls import Call
from tests.security import policies
from tests.security.policies import (
    Grant,
    UnsupportedPolicyError,
    grants_of,
    refused,
    unused,
)

ROLE = "worker"
CALL = Call(ROLE, "s3:GetObject", "arn:aws:s3:::lake/landing/a b.csv")


def is_allowed(call: Call, *statements: dict[str, Any]) -> bool:
    return not refused([call], [g for s in statements for g in grants_of(ROLE, s)])


def statement(action: Any, resource: Any, effect: str = "Allow") -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource}


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", "arn:aws:s3:::lake/landing/*"),
        (["s3:PutObject", "s3:GetObject"], ["arn:aws:s3:::other", CALL.resource]),
        ("S3:getobject", "*"),
        ("s3:Get*", "arn:aws:s3:::l?ke/*"),
        ("*", "arn:aws:s3:::*/a b.csv"),
    ],
)
def test_a_matching_statement_allows(action: Any, resource: Any) -> None:
    assert is_allowed(CALL, statement(action, resource))


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObjectVersion", "*"),
        ("s3:GetObjec", "*"),
        ("s3:PutObject", "arn:aws:s3:::lake/landing/*"),
        ("s3:GetObject", "arn:aws:s3:::lake"),
        ("s3:GetObject", "arn:aws:s3:::LAKE/landing/*"),
        ("s3:GetObject", "arn:aws:s3:::lake/landing/?"),
        ("s3:GetObject", "arn:aws:s3:::lake/landing/a.b.csv"),
    ],
)
def test_whatever_no_statement_allows_is_refused(action: Any, resource: Any) -> None:
    assert not is_allowed(CALL, statement(action, resource))


def test_a_denial_wins_wherever_it_stands() -> None:
    allow, deny = statement("s3:*", "*"), statement("s3:GetObject", "*", effect="Deny")
    assert not is_allowed(CALL, allow, deny)
    assert not is_allowed(CALL, deny, allow)
    assert is_allowed(CALL, allow, statement("s3:PutObject", "*", effect="Deny"))


def test_what_one_role_may_another_may_not() -> None:
    grants = list(grants_of("other", statement("*", "*")))
    assert refused([CALL], grants) == {CALL}
    assert unused(grants, [CALL]) == set(grants)


def test_each_pair_of_action_and_resource_must_be_used() -> None:
    grants = list(grants_of(ROLE, statement(["s3:GetObject", "s3:PutObject"], [CALL.resource])))
    assert unused(grants, [CALL]) == {Grant(ROLE, "s3:PutObject", CALL.resource)}


def test_a_denial_need_not_be_used() -> None:
    assert unused(grants_of(ROLE, statement("s3:*", "*", effect="Deny")), []) == set()


@pytest.mark.parametrize(
    "element",
    [{"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, {"NotAction": "s3:*"}],
)
def test_what_cannot_be_evaluated_is_said(element: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedPolicyError, match=r"cannot evaluate (IpAddress|NotAction)"):
        is_allowed(CALL, statement("s3:*", "*") | element)


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ({"StringEquals": {"k": "a"}}, "a", True),
        ({"StringEquals": {"k": ["b", "a"]}}, "a", True),
        ({"StringEquals": {"k": "a"}}, "A", False),
        ({"StringEquals": {"k": "a"}}, None, False),
        ({"StringEqualsIfExists": {"k": "a"}}, None, True),
        ({"StringEqualsIfExists": {"k": "a"}}, "b", False),
        ({"StringNotEquals": {"k": ["a", "b"]}}, "b", False),
        ({"StringNotEquals": {"k": "a"}}, "b", True),
        ({"StringNotEquals": {"k": "a"}}, None, True),
        ({"StringNotEqualsIfExists": {"k": "a"}}, None, True),
        ({"StringLike": {"k": "/aws/*"}}, "/aws/x/y", True),
        ({"StringNotLike": {"k": "/aws/*"}}, "/aws/x/y", False),
        ({"ArnLike": {"k": "arn:*:role/x"}}, "arn:aws:iam::1:role/x", True),
        ({"Bool": {"k": "true"}}, "True", True),
        ({"Bool": {"k": True}}, "false", False),
        ({"StringEquals": {"k": "a"}, "Bool": {"k": "true"}}, "a", False),
    ],
)
def test_conditions_hold_as_aws_documents_them(
    condition: dict[str, Any], value: str | None, expected: bool
) -> None:
    grants = grants_of(ROLE, statement("s3:*", "*") | {"Condition": condition})
    context = {} if value is None else {"k": value}
    assert policies.is_allowed(CALL, list(grants), context) is expected
