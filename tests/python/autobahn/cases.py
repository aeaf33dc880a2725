"""Every case: its number in the Autobahn suite, what is sent, and what a server that takes text only does.

Three things differ from the suite, which wants an echo of everything: binary messages (1.2, 9.2, 9.4, 9.6, 9.8) are refused with
1003, as the protocols of this daemon want it; group 9 is smaller; 12 and 13 are one case, since compression is not offered
(`peer` asks for it each time). 6.4 may fail fast or, as here, with the last piece. H is this house's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close, fragments, frame, head_only

NORMAL, PROTOCOL, UNSUPPORTED, INVALID, TOO_LARGE = 1000, 1002, 1003, 1007, 1009
#: The longest message that the echo takes. Unit: bytes.
LIMIT = 1 << 20
HELLO = b"Hello, world!"


@dataclass(frozen=True)
class Answers:
    """Waits until this many frames came."""

    count: int


@dataclass(frozen=True)
class Case:
    """What is sent, what comes back, and how it ends."""

    number: str
    about: str
    steps: list[bytes | Answers]
    expected: list[tuple[int, bytes]] = field(default_factory=list)
    #: Codes that the server may close with.
    codes: tuple[int, ...] = (NORMAL,)
    #: Whether the client closes with 1000 once it has what is expected.
    we_close: bool = True
    #: Sent in pieces of this many bytes; 0 is all at once.
    chop: int = 0


def said_back(number: str, about: str, payload: bytes, octets: bytes | None = None, chop: int = 0) -> Case:
    """A text that is said back."""
    return Case(number, about, [frame(TEXT, payload) if octets is None else octets], [(TEXT, payload)], chop=chop)


def refused(number: str, about: str, octets: bytes, *codes: int, before: bytes | None = None, chop: int = 0) -> Case:
    """What makes the server close with one of these codes, perhaps behind a text that it says back."""
    steps: list[bytes | Answers] = [octets] if before is None else [frame(TEXT, before) + octets]
    expected = [] if before is None else [(TEXT, before)]
    return Case(number, about, steps, expected, codes or (PROTOCOL,), we_close=False, chop=chop)


def framing() -> Iterator[Case]:
    """1: how lengths are told."""
    for n, (length, chop) in enumerate(
        [(0, 0), (125, 0), (126, 0), (127, 0), (128, 0), (65_535, 0), (65_536, 0), (65_536, 997)], 1
    ):
        how = f"{length} bytes" + (f" in chops of {chop}" if chop else "")
        yield said_back(f"1.1.{n}", f"text, {how}", b"*" * length, chop=chop)
        yield refused(f"1.2.{n}", f"binary, {how}", frame(BINARY, b"\xfe" * length), UNSUPPORTED, chop=chop)


def pings() -> Iterator[Case]:
    """2: pings and pongs."""
    most = b"\xfe" * 125
    for number, about, payload, chop in [
        ("2.1", "ping without payload", b"", 0),
        ("2.2", "ping with text", b"Hello, world!", 0),
        ("2.3", "ping with bytes", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", 0),
        ("2.4", "ping with 125 bytes", most, 0),
        ("2.6", "ping with 125 bytes, byte by byte", most, 1),
    ]:
        yield Case(number, about, [frame(PING, payload)], [(PONG, payload)], chop=chop)
    yield refused("2.5", "ping with 126 bytes", frame(PING, b"\xfe" * 126))
    yield Case("2.7", "pong that nobody asked for", [frame(PONG)])
    yield Case("2.8", "pong with payload that nobody asked for", [frame(PONG, b"unsolicited pong payload")])
    both = frame(PONG, b"unsolicited pong payload") + frame(PING, b"ping payload")
    yield Case("2.9", "such a pong, then a ping", [both], [(PONG, b"ping payload")])
    for number, chop in [("2.10", 0), ("2.11", 1)]:
        payloads = [b"payload-%d" % n for n in range(10)]
        octets = b"".join(frame(PING, payload) for payload in payloads)
        yield Case(number, f"ten pings{' byte by byte' * chop}", [octets], [(PONG, p) for p in payloads], chop=chop)


def reserved_bits() -> Iterator[Case]:
    """3: bits that no extension gave a meaning."""
    ping = frame(PING)
    yield refused("3.1", "text with RSV 1", frame(TEXT, HELLO, rsv=1))
    for number, rsv, chop in [("3.2", 2, 0), ("3.3", 3, 0), ("3.4", 4, 1)]:
        octets = frame(TEXT, HELLO, rsv=rsv) + ping
        yield refused(number, f"text, text with RSV {rsv}, ping", octets, before=HELLO, chop=chop)
    yield refused("3.5", "binary with RSV 5", frame(BINARY, b"\x00\xff\xfe\xfd", rsv=5))
    yield refused("3.6", "ping with RSV 6", frame(PING, HELLO, rsv=6))
    yield refused("3.7", "close with RSV 7", frame(CLOSE, rsv=7))


def opcodes() -> Iterator[Case]:
    """4: opcodes that mean nothing."""
    for group, first in [("4.1", 3), ("4.2", 11)]:
        for n in range(5):
            octets = frame(first + n, HELLO if n in (1, 3, 4) else b"") + (frame(PING) if n > 1 else b"")
            before, chop = (HELLO if n > 1 else None), int(n == 4)
            yield refused(f"{group}.{n + 1}", f"opcode {first + n}", octets, before=before, chop=chop)


def fragmentation() -> Iterator[Case]:
    """5: messages in pieces, with control frames in between, and pieces of nothing."""
    yield refused("5.1", "ping in two pieces", frame(PING, b"1", fin=False) + frame(CONTINUATION, b"2"))
    yield refused("5.2", "pong in two pieces", frame(PONG, b"1", fin=False) + frame(CONTINUATION, b"2"))
    first, last, whole = frame(TEXT, b"fragment1", fin=False), frame(CONTINUATION, b"fragment2"), b"fragment1fragment2"
    ping = frame(PING, b"ping payload")
    answers = [(PONG, b"ping payload"), (TEXT, whole)]
    for n, chop in enumerate([0, 9, 1]):
        yield said_back(f"5.{3 + n}", f"text in two pieces, chops of {chop}", whole, first + last, chop)
        yield Case(f"5.{6 + n}", f"a ping between two pieces, chops of {chop}", [first + ping + last], answers, chop=chop)
        loose = frame(CONTINUATION, b"non-continuation payload") + frame(TEXT, HELLO)
        yield refused(f"5.{9 + n}", f"the last piece of nothing, chops of {chop}", loose, chop=chop)
        loose = frame(CONTINUATION, b"non-continuation payload", fin=False) + frame(TEXT, HELLO)
        yield refused(f"5.{12 + n}", f"a piece of nothing, chops of {chop}", loose, chop=chop)
    loose = frame(CONTINUATION, b"fragment3", fin=False) + frame(TEXT, b"fragment4")
    yield Case("5.15", "a text in pieces, a piece of nothing", [first + last + loose], [(TEXT, whole)], (PROTOCOL,), False)
    for number, fin in [("5.16", False), ("5.17", True)]:
        octets = (frame(CONTINUATION, b"fragment1", fin=fin) + first + last) * 2
        yield refused(number, f"twice: a piece of nothing (FIN {fin}), a text in pieces", octets)
    yield refused("5.18", "two pieces that both begin a text", first + frame(TEXT, b"fragment2"))
    for number, chop in [("5.19", 0), ("5.20", 7)]:
        yield Case(
            number,
            f"five pieces with two pings, waiting for the first pong, chops of {chop}",
            [
                first + frame(CONTINUATION, b"fragment2", fin=False) + frame(PING, b"pongme 1!"),
                Answers(1),
                frame(CONTINUATION, b"fragment3", fin=False) + frame(CONTINUATION, b"fragment4", fin=False),
                frame(PING, b"pongme 2!") + frame(CONTINUATION, b"fragment5"),
            ],
            [(PONG, b"pongme 1!"), (PONG, b"pongme 2!"), (TEXT, b"fragment1fragment2fragment3fragment4fragment5")],
            chop=chop,
        )


def utf8() -> Iterator[Case]:
    """6: text that is UTF-8, and text that is none."""
    yield said_back("6.1.1", "no bytes", b"")
    empty = frame(CONTINUATION, b"", fin=False)
    yield said_back("6.1.2", "three pieces without bytes", b"", frame(TEXT, fin=False) + empty + frame(CONTINUATION))
    middle = frame(CONTINUATION, b"middle frame payload", fin=False)
    octets = frame(TEXT, fin=False) + middle + frame(CONTINUATION)
    yield said_back("6.1.3", "bytes only in the second of three pieces", b"middle frame payload", octets)
    left, right = "Hello-µ@ßöä".encode(), "üàá-UTF-8!!".encode()
    greek = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"
    yield said_back("6.2.1", "in one piece", left + right)
    pieces = frame(TEXT, left, fin=False) + frame(CONTINUATION, right)
    yield said_back("6.2.2", "cut between characters", left + right, pieces)
    yield said_back("6.2.3", "every byte in a frame of its own", left + right, fragments(left + right, 1))
    yield said_back("6.2.4", "Greek, every byte in a frame of its own", greek, fragments(greek, 1))
    wrong = greek + b"\xed\xa0\x80edited"
    yield refused("6.3.1", "a surrogate", frame(TEXT, wrong), INVALID)
    yield refused("6.3.2", "a surrogate, every byte in a frame of its own", fragments(wrong, 1), INVALID)
    for n, cut in enumerate([(11, 15), (12, 13)]):
        wrong = greek + b"\xf4\x90\x80\x80edited"
        one, two, three = wrong[: cut[0]], wrong[cut[0] : cut[1]], wrong[cut[1] :]
        pieces = frame(TEXT, one, fin=False) + frame(CONTINUATION, two, fin=False) + frame(CONTINUATION, three)
        yield refused(f"6.4.{1 + n}", f"beyond the last code point, pieces cut at {cut}", pieces, INVALID)
        yield refused(f"6.4.{3 + n}", f"the same in one frame, in chops of {cut[0]}", frame(TEXT, wrong), INVALID, chop=cut[0])
    for group, (about, texts) in enumerate(sequences(), 5):
        for n, text in enumerate(texts, 1):
            number, about_it = f"6.{group}.{n}", f"{about}: {text.hex()}"
            yield said_back(number, about_it, text) if is_utf8(text) else refused(
                number, about_it, frame(TEXT, text), INVALID
            )


def is_utf8(text: bytes) -> bool:
    """Whether Python takes it."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def sequences() -> Iterator[tuple[str, list[bytes]]]:
    """The groups 6.5 to 6.23. Source: Markus Kuhn's UTF-8 decoder stress test, as the suite takes it."""
    greek = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"
    words = [b"hello%sworld" % sign.encode() for sign in "$¢€\U00024b62"]
    yield "valid", [*words, greek]
    yield "all beginnings of a valid text", [greek[:n] for n in range(1, len(greek) + 1)]
    yield "first of a length", [b"\0", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80"]
    yield "first of length 5 and 6", [b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"]
    yield "last of a length", [b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf"]
    yield "last of length 4 to 6", [b"\xf7\xbf\xbf\xbf", b"\xfb" + b"\xbf" * 4, b"\xfd" + b"\xbf" * 5]
    yield (
        "borders",
        [b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80"],
    )
    loose = [b"\x80", b"\xbf", *(bytes([0x80, 0xBF] * 3)[:n] for n in range(2, 7))]
    yield "continuation bytes alone", [*loose, bytes(range(0x80, 0xBF))]
    spans = [(0xC0, 0xDF), (0xE0, 0xEF), (0xF0, 0xF7), (0xF8, 0xFB), (0xFC, 0xFD)]
    yield "first bytes alone", [b"".join(bytes([byte, 0x20]) for byte in range(*span)) for span in spans]
    least = [b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x80\x80\x80", b"\xfc\x80\x80\x80\x80"]
    most = [b"\xdf", b"\xef\xbf", b"\xf7\xbf\xbf", b"\xfb\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf"]
    yield "last byte missing", [*least, *most]
    yield "several without their last byte", [b"".join([*least, *most])]
    yield "bytes that are never there", [b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"]
    for about, heads, tail in [
        ("overlong slash", (b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x80\x80\x80", b"\xfc\x80\x80\x80\x80"), b"\xaf"),
        (
            "overlong at the most",
            (b"\xc1", b"\xe0\x9f", b"\xf0\x8f\xbf", b"\xf8\x87\xbf\xbf", b"\xfc\x83\xbf\xbf\xbf"),
            b"\xbf",
        ),
        ("overlong NUL", tuple(least), b"\x80"),
    ]:
        yield about, [head + tail for head in heads]
    halves = [b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf"]
    lows = [b"\xed\xb0\x80", b"\xed\xbf\xbf"]
    yield "surrogates alone", [*halves, b"\xed\xb0\x80", b"\xed\xbe\x80", b"\xed\xbf\xbf"]
    yield "surrogates in pairs", [high + low for high in halves for low in lows]
    planes = [plane << 16 | low for plane in range(17) for low in (0xFFFE, 0xFFFF)]
    yield "no characters, but valid", [chr(point).encode() for point in planes]
    yield "specials", [chr(point).encode() for point in range(0xFFF9, 0x10000)]


def closing() -> Iterator[Case]:
    """7: how it ends."""
    bye = close(1000)
    yield said_back("7.1.1", "a text, then the close", b"Hello World!")
    for number, about, octets in [
        ("7.1.2", "two closes", bye + frame(CLOSE)),
        ("7.1.3", "a ping behind the close", bye + frame(PING)),
        ("7.1.4", "a text behind the close", bye + frame(TEXT, b"Hello World!")),
        ("7.1.5", "a close between two pieces", frame(TEXT, b"1", fin=False) + bye + frame(CONTINUATION, b"2")),
    ]:
        yield refused(number, about, octets, NORMAL)
    long = b"BAsd7&jh23" * 26_214
    octets = frame(TEXT, long) + frame(TEXT, HELLO) + bye + frame(PING)
    yield Case("7.1.6", "256 KiB, a text, a close, a ping", [octets], [(TEXT, long), (TEXT, HELLO)], we_close=False)
    yield refused("7.3.1", "a close without code", close(), 1005, NORMAL)
    yield refused("7.3.2", "a close with one byte", close(reason=b"a"))
    yield refused("7.3.3", "a close with a code", bye, NORMAL)
    yield refused("7.3.4", "a close with code and reason", close(1000, b"Hello World!"), NORMAL)
    yield refused("7.3.5", "a close with the longest reason", close(1000, b"*" * 123), NORMAL)
    yield refused("7.3.6", "a close with a reason that is too long", close(1000, b"*" * 124))
    reason = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"
    yield refused("7.5.1", "a close whose reason is no UTF-8", close(1000, reason), PROTOCOL, INVALID)
    good = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
    for n, code in enumerate(good, 1):
        yield refused(f"7.7.{n}", f"a close with {code}", close(code), code)
    for n, code in enumerate([0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999], 1):
        yield refused(f"7.9.{n}", f"a close with {code}, which is no code", close(code))
    for n, code in enumerate([5000, 65_535], 1):
        yield refused(f"7.13.{n}", f"a close with {code}, which is no code", close(code))


def limits() -> Iterator[Case]:
    """9: long messages, and many."""
    for n, size in enumerate([64 << 10, 256 << 10, LIMIT], 1):
        text = (b"BAsd7&jh23" * (size // 10 + 1))[:size]
        yield said_back(f"9.1.{n}", f"text, {size} bytes", text)
        yield refused(f"9.2.{n}", f"binary, {size} bytes", frame(BINARY, text), UNSUPPORTED)
    text = b"*" * (64 << 10)
    for n, size in enumerate([64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10], 1):
        yield said_back(f"9.3.{n}", f"64 KiB in pieces of {size}", text, fragments(text, size))
        octets = fragments(text, size, BINARY)
        yield refused(f"9.4.{n}", f"64 KiB binary in pieces of {size}", octets, UNSUPPORTED)
    for n, chop in enumerate([64, 128, 256, 512, 1024, 2048], 1):
        yield said_back(f"9.5.{n}", f"64 KiB in chops of {chop}", text, chop=chop)
        yield refused(f"9.6.{n}", f"64 KiB binary in chops of {chop}", frame(BINARY, text), UNSUPPORTED, chop=chop)
    for n, size in enumerate([0, 16, 64, 256, 1024, 4096], 1):
        one, count = b"*" * size, 250
        there_and_back = [step for sent in range(count) for step in (frame(TEXT, one), Answers(sent + 1))]
        yield Case(f"9.7.{n}", f"{count} texts of {size} bytes, each after the answer", there_and_back, [(TEXT, one)] * count)
        yield refused(f"9.8.{n}", f"binary, {size} bytes", frame(BINARY, b"\xfe" * size), UNSUPPORTED)


def auto_fragmentation() -> Iterator[Case]:
    """10: a long text in pieces of an odd size."""
    text = b"*" * 65_536
    yield said_back("10.1.1", "64 KiB in pieces of 1300", text, fragments(text, 1300))


def own() -> Iterator[Case]:
    """H: what the suite does not ask."""
    yield refused("H.1", "a text that is one byte too long", frame(TEXT, b"*" * (LIMIT + 1)), TOO_LARGE)
    half = b"*" * (LIMIT // 2 + 1)
    pieces = frame(TEXT, half, fin=False) + frame(CONTINUATION, half)
    yield refused("H.2", "two pieces that are too long together", pieces, TOO_LARGE)
    for n, length in enumerate([1 << 31, 1 << 40, (1 << 63) - 1, (1 << 64) - 1], 3):
        yield refused(f"H.{n}", f"a head that announces {length} bytes, none of which come", head_only(TEXT, length), TOO_LARGE)
    unmasked = bytes([0x81, 5]) + b"hello"
    yield refused("H.7", "a frame without a mask", unmasked)


GROUPS = (framing, pings, reserved_bits, opcodes, fragmentation, utf8, closing, limits, auto_fragmentation, own)


def all_cases() -> list[Case]:
    """All of them, in the order of their groups."""
    return [case for group in GROUPS for case in group()]
