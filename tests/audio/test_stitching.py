import struct
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from callscope.audio.stitching import plan_stitching, settled_chunks, tell_format, wav_header
from callscope.core.integration import LiveChunk, PcmFormat

AT = datetime(2026, 1, 31, tzinfo=UTC)
PCM = PcmFormat(sample_rate_hz=8000, channel_count=2)


def chunk(index: int, size_bytes: int | None, *, is_whole: bool = True, at: datetime = AT) -> LiveChunk:
    return LiveChunk(
        chunk_index=index,
        requested_at=at,
        received_at=at if is_whole else None,
        object_key=f"k{index}" if is_whole else None,
        size_bytes=size_bytes,
    )


def test_a_gap_among_equal_chunks_is_exact() -> None:
    plan = plan_stitching([chunk(0, 401), chunk(2, 401), chunk(3, 8)], PCM)

    assert [(piece.object_key, piece.size_bytes) for piece in plan.pieces] == [
        ("k0", 401),
        (None, 401),
        ("k2", 401),
        ("k3", 8),
    ]
    assert "about" not in plan.findings[0].message


def test_a_gap_among_unequal_chunks_is_the_usual_length_and_said_to_be_about_it() -> None:
    plan = plan_stitching([chunk(0, 398), chunk(2, 402), chunk(3, 404), chunk(4, 8)], PCM)

    assert plan.pieces[1].size_bytes == 400
    assert "about" in plan.findings[0].message


def test_what_is_missing_at_the_end_is_left_out_and_said() -> None:
    plan = plan_stitching([chunk(0, 400), chunk(1, None, is_whole=False), chunk(2, None, is_whole=False)], PCM)

    assert (len(plan.pieces), plan.size_bytes) == (1, 400)
    assert [one.code for one in plan.findings] == ["recording_end_missing"]
    assert "last 2 chunks" in plan.findings[0].message


def test_nothing_arrived() -> None:
    assert plan_stitching([chunk(0, None, is_whole=False)], PCM).pieces == ()


@given(st.lists(st.integers(min_value=1, max_value=5000), min_size=1, max_size=20), st.data())
def test_what_arrived_lies_where_it_would_with_all_of_it(sizes: list[int], data: st.DataObject) -> None:
    size = sizes[0]
    kept = data.draw(st.sets(st.integers(min_value=0, max_value=len(sizes) - 1), min_size=1))
    plan = plan_stitching([chunk(index, size) for index in sorted(kept)], PCM)

    starts, position = {}, 0
    for piece in plan.pieces:
        starts[piece.chunk_index] = position
        position += piece.size_bytes
    assert all(starts[index] == index * size for index in kept)
    assert plan.size_bytes % PCM.frame_bytes == 0


def test_the_header_says_rate_channels_and_size() -> None:
    header = wav_header(1000, PCM)

    assert len(header) == 44
    assert struct.unpack_from("<HHIIHH", header, 20) == (1, 2, 8000, 32_000, 4, 16)
    assert struct.unpack_from("<I", header, 40) == (1000,)
    assert struct.unpack_from("<I", wav_header(2**33, PCM), 40) == (0xFFFF_FFFF,)


def test_the_rate_is_told_from_how_fast_chunks_came() -> None:
    arrived = [chunk(index, 96_000, at=AT + timedelta(seconds=1.02 * index)) for index in range(4)]

    assert tell_format(arrived, usual_rate_hz=48_000)[0].sample_rate_hz == 24_000
    assert tell_format(arrived[:1], usual_rate_hz=48_000)[0].sample_rate_hz == 48_000
    assert tell_format([arrived[0], *arrived[3:]], usual_rate_hz=48_000)[0].sample_rate_hz == 24_000


def test_chunks_are_settled_up_to_the_first_that_may_still_come() -> None:
    long_ago, just_now = AT - timedelta(minutes=1), AT + timedelta(seconds=1)
    lost, whole = chunk(1, None, is_whole=False, at=long_ago), chunk(2, 8, at=just_now)
    chunks = [chunk(0, 8, at=long_ago), lost, whole]

    def indexes(*found: LiveChunk) -> list[int]:
        return [one.chunk_index for one in settled_chunks(found, outstanding_since=AT)]

    assert indexes(*chunks, chunk(3, 8, at=just_now)) == [0, 1, 2, 3]
    assert indexes(*chunks, chunk(3, None, is_whole=False, at=just_now), chunk(4, 8, at=just_now)) == [0, 1, 2]
    assert indexes(*chunks, chunk(4, 8, at=just_now)) == [0, 1, 2]
    assert indexes(*chunks, chunk(4, 8, at=long_ago), chunk(5, 8, at=just_now)) == [0, 1, 2, 4, 5]
    assert indexes(chunk(1, 8, at=just_now)) == []
