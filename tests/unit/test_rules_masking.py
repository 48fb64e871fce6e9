"""No secret gets out: known ones whatever they look like, unknown ones by their shape."""

from __future__ import annotations

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.model.rules.masking import MASK, mask, mask_line, mask_lines, scrub, secret_name

WORDS = st.text(max_size=60)
SECRETS = st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5)


@given(st.lists(WORDS, min_size=1, max_size=6), SECRETS)
def test_no_given_secret_survives_wherever_it_stands(words: list[str], secrets: list[str]) -> None:
    text = "".join(part for word in words for part in (word, *secrets))
    masked = mask(text, secrets)
    assert not [secret for secret in secrets if secret in masked]


@given(st.text(alphabet="ab*=: ", min_size=1, max_size=4), st.text(alphabet="ab*=: ", max_size=30))
def test_no_given_secret_survives_even_where_hiding_joins_two_halves(secret: str, text: str) -> None:
    assert secret not in mask(text, [secret])


@given(WORDS, st.text(min_size=3, max_size=20))
def test_url_encoded_forms_of_a_secret_are_hidden_too(words: str, secret: str) -> None:
    masked = mask(f"{words}?p={quote(secret, safe='')}&q={quote_plus(secret)}", [secret])
    assert quote(secret, safe="") not in masked
    assert quote_plus(secret) not in masked


@given(st.lists(st.text(alphabet="xy\n", max_size=12), max_size=6), st.text(alphabet="xy\n", min_size=1, max_size=8))
def test_a_secret_that_spans_lines_survives_in_none_of_them_together(lines: list[str], secret: str) -> None:
    assert secret not in "\n".join(mask_lines(lines, [secret]))


SHAPES = (
    ("mongodb://root:S3cr3t-pw@mongo:27017/db", "S3cr3t-pw"),
    ("dsn=postgresql+asyncpg://u:p%40ss@db/x?sslmode=require", "p%40ss"),
    ("redis://:onlypass@redis:6379/0", "onlypass"),
    ("amqp://guest:a:b@rabbit", "a:b"),
    ("Authorization: Bearer abcDEF123456.ghi-jkl", "abcDEF123456.ghi-jkl"),
    ("authorization=Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA=="),
    ('{"password": "hunter 2\\" x", "user": "bob"}', 'hunter 2\\" x'),
    ("password='quoted value'", "quoted value"),
    ("DB_PASSWORD=hunter2 retry=3", "hunter2"),
    ("api_key: 0123456789", "0123456789"),
    ("jwt-secret=abc", "abc"),
    ("DefaultEndpointsProtocol=https;AccountName=x;AccountKey=Zm9v+YmFy/==;EndpointSuffix=y", "Zm9v+YmFy/=="),
    ("https://a.blob.core.windows.net/c?sv=2022&sig=abc%2Bdef%3D&se=x", "abc%2Bdef%3D"),
    ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl seen", "eyJzdWIiOiIxIn0"),
    ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----", "MIIEvQIBADANBg"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADANBg", "MIIEvQIBADANBg"),
    ("openai sk-abcdefghijklmnopqrstuv failed", "sk-abcdefghijklmnopqrstuv"),
    ("ghp_0123456789abcdefghijklmnopqrstuvwxyz", "0123456789abcdefghij"),
    ("AKIAIOSFODNN7EXAMPLE is the id", "AKIAIOSFODNN7EXAMPLE"),
    ("KeyError: 'x' in LTAI5tAbCdEfGhIjKlMn", "LTAI5tAbCdEfGhIjKlMn"),
    ("https://hooks.slack.com/services/T000/B000/XXXXsecret", "XXXXsecret"),
    ("client_secret=~Q8Q~abc.def", "~Q8Q~abc.def"),
    ("X-Api-Key: k-1234567", "k-1234567"),
)


@pytest.mark.parametrize(("text", "secret"), SHAPES)
def test_what_has_the_shape_of_a_secret_is_hidden(text: str, secret: str) -> None:
    assert secret in text
    assert secret not in scrub(text)


@pytest.mark.parametrize(("text", "secret"), SHAPES)
def test_hiding_twice_changes_nothing(text: str, secret: str) -> None:
    assert scrub(scrub(text)) == scrub(text)
    assert secret not in scrub(scrub(text))


HARMLESS = (
    "couldn't find key jwt-secret in Secret shop/backend-secrets",
    'secret "backend-secrets" not found',
    "0/2 nodes are available: 2 Insufficient memory.",
    "pulling from host localhost:25001 failed with status code [manifests v1]: 401 Unauthorized",
    "failed to fetch oauth token: unexpected status: 401 Unauthorized",
    "failed to fetch anonymous token: unexpected status from GET request to https://r.example/token?scope=x: 401",
    "dial tcp 10.0.0.1:5432: connect: connection refused",
    "https://klinecubic.cn/api/health?x=1",
    "sha256:525bbf02112eb5d29b20576819576357bfd8862cee701580556496472202a5d4",
    "Get http://10.0.0.1:8000/health: EOF",
    "user@example.com signed in at http://a/b",
)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_a_person_needs_to_read_is_left_alone(text: str) -> None:
    assert scrub(text) == text


def test_a_line_from_inside_a_pem_block_is_hidden_on_its_own() -> None:
    assert mask_line("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7") == MASK
    assert mask_line("an ordinary line of a log") == "an ordinary line of a log"


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("MONGODB_PASSWORD", True),
        ("jwt-secret", True),
        ("DASHSCOPE_API_KEY", True),
        ("SECRET_KEY", True),
        ("AZURE_STORAGE_CONNECTION_STRING", True),
        ("GITHUB_TOKEN", True),
        ("SAS", True),
        ("LOG_LEVEL", False),
        ("PASSWORD_FILE", False),
        ("TOKEN_EXPIRE_MINUTES", False),
        ("MONKEY", False),
        ("KEYBOARD", False),
        ("PATH", False),
    ],
)
def test_names_that_hold_secrets_are_known(name: str, *, secret: bool) -> None:
    assert secret_name(name) is secret
