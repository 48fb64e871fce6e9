"""Docker's rules for .dockerignore, case by case: from Docker's documents and moby's behaviour as described there."""

from __future__ import annotations

import pytest

from deployctl.model.dockerignore import BadIgnoreFile, Folder, parse_dockerignore

Y, N = True, False

ONE_PATTERN = [
    # plain names: the root's only, and everything below
    ("secrets", "secrets", Y),
    ("secrets", "secrets/key", Y),
    ("secrets", "secrets/deep/key", Y),
    ("secrets", "secrets2", N),
    ("secrets", "my-secrets", N),
    ("secrets", "app/secrets", N),
    ("secrets", "Secrets", N),
    ("app/secrets", "app/secrets", Y),
    ("app/secrets", "app/secrets/key", Y),
    ("app/secrets", "secrets", N),
    ("app/secrets", "app", N),
    ("app/secrets", "lib/app/secrets", N),
    # cleaned as Go's filepath.Clean does: slashes, dots, spaces
    ("node_modules/", "node_modules", Y),
    ("node_modules/", "node_modules/a/b.js", Y),
    ("node_modules//", "node_modules/x", Y),
    ("/secrets", "secrets", Y),
    ("/secrets", "app/secrets", N),
    ("//secrets", "secrets", Y),
    ("./secrets", "secrets", Y),
    ("././secrets/.", "secrets/key", Y),
    ("app/../secrets", "secrets", Y),
    ("app/./secrets", "app/secrets", Y),
    ("app//secrets", "app/secrets", Y),
    ("../secrets", "secrets", N),
    ("..", "anything", N),
    (" secrets", "secrets", Y),
    ("\tsecrets  ", "secrets", Y),
    ("\u00a0secrets", "secrets", Y),
    ("two words", "two words", Y),
    ("two words", "two", N),
    ("a\u3000b", "a\u3000b", Y),
    # what matches nothing
    ("", "a", N),
    ("   ", "a", N),
    (".", "a", N),
    ("./", "a", N),
    ("/", "a", N),
    # comments: only when the sign is the first character
    ("#secrets", "secrets", N),
    ("#secrets", "#secrets", N),
    (" #secrets", "#secrets", Y),
    ("\\#secrets", "#secrets", Y),
    ("a#b", "a#b", Y),
    # one star, within one part
    ("*", "a", Y),
    ("*", ".env", Y),
    ("*", "a/b", Y),
    ("*.py", "a.py", Y),
    ("*.py", ".py", Y),
    ("*.py", "a.pyc", N),
    ("*.py", "app/a.py", N),
    ("*/a.py", "app/a.py", Y),
    ("*/a.py", "a.py", N),
    ("*/a.py", "app/lib/a.py", N),
    ("*/temp*", "somedir/temporary.txt", Y),
    ("*/temp*", "somedir/temp", Y),
    ("*/temp*", "temporary.txt", N),
    ("*/*/temp*", "somedir/subdir/temporary.txt", Y),
    ("*/*/temp*", "somedir/temporary.txt", N),
    ("app/*", "app", N),
    ("app/*", "app/x", Y),
    ("app/*", "app/x/y", Y),
    ("a*b", "ab", Y),
    ("a*b", "axxb", Y),
    ("a*b", "a/b", N),
    ("a*b*c", "abbbc", Y),
    ("*.*", "Makefile", N),
    ("*.*", ".env", Y),
    # question marks
    ("temp?", "tempa", Y),
    ("temp?", "tempab", N),
    ("temp?", "temp", N),
    ("temp?", "temp/", N),
    ("a?b", "a/b", N),
    ("??", "ab", Y),
    ("?", "\u00fc", Y),
    # two stars: any number of folders
    ("**", "a", Y),
    ("**", "a/b/c", Y),
    ("**/", "a", Y),
    ("**/x", "x", Y),
    ("**/x", "a/x", Y),
    ("**/x", "a/b/x", Y),
    ("**/x", "a/b/x/inside", Y),
    ("**/x", "ax", N),
    ("**/x", "a/bx", N),
    ("**/*.go", "main.go", Y),
    ("**/*.go", "a/b/main.go", Y),
    ("**/*.go", "main.gopher", N),
    ("**/node_modules/", "web/node_modules/x.js", Y),
    ("/**/x", "a/x", Y),
    ("a/**", "a", N),
    ("a/**", "a/b", Y),
    ("a/**", "a/b/c", Y),
    ("a/**", "ab", N),
    ("a/**/b", "a/b", Y),
    ("a/**/b", "a/x/b", Y),
    ("a/**/b", "a/x/y/b", Y),
    ("a/**/b", "a/xb", N),
    ("a/**/b", "ab", N),
    ("a/**/b/c", "a/1/2/b/c", Y),
    ("a/**/*.md", "a/x/README.md", Y),
    ("a/**/*.md", "a/README.md", Y),
    ("a/**/*.md", "README.md", N),
    ("**/a/**", "a/b", Y),
    ("**/a/**", "x/a/b/c", Y),
    ("**/a/**", "a", N),
    ("**a", "a", Y),
    ("**a", "xa", Y),
    ("**a", "x/ya", Y),
    ("**a", "ab", N),
    ("**.txt", "deep/er/x.txt", Y),
    ("a**", "a", Y),
    ("a**", "abc", Y),
    ("a**", "ab/c", Y),
    ("a**", "b", N),
    ("***", "a/b", Y),
    ("**/**/x", "a/b/x", Y),
    ("**/.git", ".git/config", Y),
    ("**/.git", "sub/.git/config", Y),
    ("**/.git", ".gitignore", N),
    # character classes, as filepath.Match has them
    ("[ab]", "a", Y),
    ("[ab]", "c", N),
    ("[a-c]x", "bx", Y),
    ("[a-c]x", "dx", N),
    ("[^a]", "b", Y),
    ("[^a]", "a", N),
    ("[^a-c]*", "dog", Y),
    ("[^a-c]*", "cat", N),
    ("[!a]", "!", Y),
    ("[!a]", "b", N),
    ("[a^]", "^", Y),
    ("[\\]]", "]", Y),
    ("[\\-]", "-", Y),
    ("x[0-9][0-9]", "x42", Y),
    ("x[0-9][0-9]", "x4", N),
    ("[a-a]", "a", Y),
    ("a[^x]b", "a/b", Y),
    ("**/[tT]est*", "app/Tests", Y),
    ("[[]x", "[x", Y),
    ("[.]env", ".env", Y),
    ("[.]env", "xenv", N),
    # escapes
    ("\\*", "*", Y),
    ("\\*", "a", N),
    ("\\?", "?", Y),
    ("\\?", "a", N),
    ("\\[x]", "[x]", Y),
    ("\\!keep", "!keep", Y),
    ("\\d", "d", Y),
    ("\\d", "7", N),
    ("a\\\\b", "a\\b", Y),
    # signs that mean something in regular expressions mean nothing here
    ("a+b", "a+b", Y),
    ("a+b", "aab", N),
    ("c++", "c++/x.h", Y),
    ("a.b", "axb", N),
    ("(a)", "(a)", Y),
    ("a|b", "a", N),
    ("a|b", "a|b", Y),
    ("{a,b}", "a", N),
    ("{a,b}", "{a,b}", Y),
    ("$HOME", "$HOME", Y),
    ("^a", "^a", Y),
    ("^a*", "a", N),
    ("^a*", "^ab", Y),
    ("]", "]", Y),
    ("a]*", "a]b", Y),
    ("a-b", "a-b", Y),
    ("~", "~", Y),
    ("@scope", "@scope/x", Y),
    ("-", "-", Y),
    ("100%", "100%", Y),
    ("a b*", "a bc", Y),
    # names that are not ASCII, or no text at all
    ("\u00fcber", "\u00fcber", Y),
    ("\u540d\u524d/*", "\u540d\u524d/\u30d5\u30a1\u30a4\u30eb", Y),
    ("\udcff*", "\udcffx", Y),
    ("*.\udce9t\udce9", "x.\udce9t\udce9", Y),
    ("line\x0bbreak", "line\x0bbreak", Y),
]


@pytest.mark.parametrize(("pattern", "path", "ignored"), ONE_PATTERN)
def test_one_pattern(pattern: str, path: str, ignored: bool) -> None:
    content = pattern.encode("utf-8", "surrogateescape")
    assert parse_dockerignore(content).ignores(path) is ignored


WHOLE_FILES = [
    ("docs\n!docs/README.md", "docs/README.md", N),
    ("docs\n!docs/README.md", "docs/other.md", Y),
    ("!docs/README.md\ndocs", "docs/README.md", Y),
    ("*\n!app", "app/x.py", N),
    ("*\n!app", "README", Y),
    ("*\n!app/\n**/__pycache__", "app/__pycache__/x", Y),
    ("*\n!app/\n**/__pycache__", "app/x", N),
    ("*.md\n!README.md", "README.md", N),
    ("*.md\n!README.md", "CHANGES.md", Y),
    ("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", Y),
    ("*.md\nREADME-secret.md\n!README*.md", "README-secret.md", N),
    ("a\n!a/b\na/b/c", "a/b/c", Y),
    ("a\n!a/b\na/b/c", "a/b/d", N),
    ("a\n!a/b\na/b/c\n!a/b/c/d", "a/b/c/d", N),
    ("**\n!**/*.py", "deep/x.py", N),
    ("**\n!**/*.py", "deep/x.js", Y),
    ("a\n!a", "a/x", N),
    ("a/b\n!a", "a/b", N),
    ("! keep\n", "keep", N),
    ("*\n! keep", "keep", N),
    ("*\n!/keep", "keep", N),
    ("*\n!./keep/", "keep/x", N),
    ("*\n!!keep", "keep", Y),
    ("*\n!!keep", "!keep", N),
    ("*\n\\!keep", "keep", Y),
    ("a\r\nb\r\n", "a", Y),
    ("a\r\nb\r\n", "b", Y),
    ("\ufeffa\nb", "a", Y),
    ("a\n\ufeffb", "b", N),
    ("\ufeff#a", "a", N),
    ("a\n\n\n  \nb", "b", Y),
    ("# all\n*\n# but\n!Dockerfile", "Dockerfile", N),
    ("a\x0cb", "a", N),
    ("a\x85b", "a", N),
    ("a\u2028b", "b", N),
]


@pytest.mark.parametrize(("content", "path", "ignored"), WHOLE_FILES)
def test_the_last_line_that_matches_decides(content: str, path: str, ignored: bool) -> None:
    assert parse_dockerignore(content.encode()).ignores(path) is ignored


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("!", "nothing follows the exclamation mark"),
        ("! ", "nothing follows the exclamation mark"),
        ("!/", "nothing follows the exclamation mark"),
        ("[", "a character class is not well formed"),
        ("[]", "a character class is not well formed"),
        ("[]a]", "a character class is not well formed"),
        ("[a", "a character class is not well formed"),
        ("[^]", "a character class is not well formed"),
        ("[-]", "a character class is not well formed"),
        ("[a-]", "a character class is not well formed"),
        ("[-x]", "a character class is not well formed"),
        ("x[a-", "a character class is not well formed"),
        ("[z-a]", "the range z-a runs backwards"),
        ("a\\", "it ends in a backslash"),
        ("[\\", "it ends in a backslash"),
    ],
)
def test_what_no_docker_would_take_is_refused_with_its_line(line: str, reason: str) -> None:
    with pytest.raises(BadIgnoreFile) as caught:
        parse_dockerignore(f"# first\nfine\n{line}\n".encode())
    assert (caught.value.line, caught.value.reason) == (3, reason)


@pytest.mark.parametrize(
    ("content", "folder", "walked"),
    [
        ("node_modules", "node_modules", N),
        ("node_modules\n!src", "node_modules", N),
        ("a\n!a/b", "a", Y),
        ("a\n!a/b", "a/c", N),
        ("a\n!a/b/c", "a/b", Y),
        ("a\n!b/a", "a", N),
        ("a\n!ab", "a", N),
        ("*\n!*/keep", "x", Y),
        ("*\n!*/keep", "x/y", N),
        ("*\n!x/y\nx/y", "x/y", N),
        ("*\n!x*/keep", "y", N),
        ("*\n!**/keep", "x/y/z", Y),
        ("*\n!a/**", "a", Y),
        ("*\n!a/**", "b", N),
        ("*\n![ab]/keep", "a", Y),
        ("*\n!/a/keep/", "a", Y),
        ("*\n!.", "a", N),
    ],
)
def test_an_ignored_folder_is_walked_only_where_a_negation_may_keep_something(
    content: str, folder: str, walked: bool
) -> None:
    rules = parse_dockerignore(content.encode())
    here = Folder()
    for name in folder.split("/"):
        here = rules.enter(here, name)
    assert rules.may_keep_below(here) is walked


def test_there_are_as_many_cases_as_promised() -> None:
    assert len(ONE_PATTERN) + len(WHOLE_FILES) >= 150
