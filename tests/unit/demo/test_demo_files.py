from pathlib import Path

from demo import files


def test_months_are_written_whole_and_alone(tmp_path: Path) -> None:
    written = sorted(
        path.relative_to(tmp_path).as_posix() for path in files.write(tmp_path, ["2013-02"])
    )

    assert written == [
        "flights/2013-02.csv",
        "weather/2013/02/EWR.csv",
        "weather/2013/02/JFK.csv",
        "weather/2013/02/LGA.jsonl",
    ]
    header, *rows = (tmp_path / "flights/2013-02.csv").read_text().splitlines()
    assert header.startswith("year,month,day")
    assert len(rows) == 24_951
    assert {row.split(",")[1] for row in rows} == {"2"}


def test_a_month_that_the_data_do_not_have_is_said(tmp_path: Path) -> None:
    assert files.main([str(tmp_path), "2012-01"]) == 1
    assert list(tmp_path.iterdir()) == []
