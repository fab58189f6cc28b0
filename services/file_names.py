"""What a file's name hints at: `CDyyyymmdd_<gene or clone>_<line>[_L1|_L2].csv`, with exceptions.

Everything here is a guess that pages show as one and people correct.
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

FIRST_YEAR = 1990  # before the first lineages traced by machine
# Codes of strains: a laboratory's letters and a number (JIM767, RW10881), and wild isolates (AF16).
_STRAIN = re.compile(r"(?<![A-Za-z0-9])(?:RW|JIM|OP|OH|BV|SYS|GR|CB|DR|EU|JR|MT|NL|PS|TX|VC)[0-9]{2,5}", re.I)
_WILD = re.compile(
    r"(?:AF16|HK104|PB4641|VX34|EM464|JU1422)(?![0-9])|(?<![A-Za-z0-9])N2(?![A-Za-z0-9])", re.I
)
_BRIGGSAE = ("AF16", "HK104", "VX34")
# Clones of the genome project, as in F21D5 or ZK185; a gene on one is F21D5.9, in file names F21D5_9.
_CLONE = re.compile(
    r"(?:[BCDEFHKMRTW]|ZK|ZC|AC|AH|JC)[0-9]{1,4}[A-Z]?[0-9]{0,2}|Y[0-9]{1,3}[A-Z][0-9]{1,2}[A-Z]{1,2}", re.I
)
_GENE = re.compile(r"([a-z]{3,4})-?([0-9]{1,4})", re.I)
_EDITED = re.compile(r"[-_ ]edit(?:ed)?[-_ ]?[0-9]*$", re.I)  # AceTree adds it to what somebody has curated


@dataclass(frozen=True)
class Hints:
    """What a name hints at; "" for what it doesn't. `date` is an ISO day, `session` the digits after CD.

    `unclear_date` tells that the name has digits where the date stands and they are no date.
    """

    gene: str
    strain: str
    date: str
    session: str
    species: str
    unclear_date: bool


def series(name: str) -> str:
    """The name by which tables know an embryo: no folder, no `CD` before the digits, no `-edit`, no ending."""
    stem = PurePosixPath(name.strip().replace("\\", "/")).name
    return re.sub(r"(?i)^CD(?=[0-9_])", "", unedited(re.sub(r"(?i)\.(csv|zip)$", "", stem)))


def unedited(stem: str) -> str:
    """A name without the `-edit`, `_edited`, `-edit2` … that AceTree's users leave at its end."""
    return _EDITED.sub("", stem) or stem


def hints(file_name: str, today: date | None = None) -> Hints:
    """Gene, strain, date, session and species as far as `file_name` tells them."""
    known = series(file_name)
    digits = re.match(r"[0-9]*", known)
    session = digits.group() if digits else ""
    if len(session) < 6:  # a number of something else
        session = ""
    rest = known[len(session) :].strip("_- ")
    day = _day(session, today or date.today())
    strain = _STRAIN.search(rest) or _WILD.search(rest)
    code = strain.group().upper() if strain else ""
    bare = rest.replace(strain.group(), "") if strain else rest
    return Hints(
        gene=_gene(bare),
        strain=code,
        date=day.isoformat() if day else "",
        session=session,
        species="C. briggsae" if code in _BRIGGSAE else "C. elegans",
        unclear_date=bool(session) and day is None,
    )


def _day(digits: str, today: date) -> date | None:
    """yyyymmdd, or mmddyy or yymmdd where only one of these is a day of the past."""
    readings = {
        8: [(digits[:4], digits[4:6], digits[6:])],
        6: [("20" + digits[4:], digits[:2], digits[2:4]), ("20" + digits[:2], digits[2:4], digits[4:])],
    }
    days = set()
    for year, month, day in readings.get(len(digits), []):
        try:
            found = date(int(year), int(month), int(day))
        except ValueError:
            continue
        if date(FIRST_YEAR, 1, 1) <= found <= today:
            days.add(found)
    return days.pop() if len(days) == 1 else None


def _gene(text: str) -> str:
    """The gene in the words after the date: `pha4_b2` is pha-4, `F21D5_9_1` is F21D5.9."""
    words = [word for word in re.split(r"[_ ]+", text) if word]
    for place, word in enumerate(words):
        if _CLONE.fullmatch(word):
            number = words[place + 1] if place + 1 < len(words) else ""
            gene = re.fullmatch(r"([0-9]{1,2})[a-z]?", number)  # the letter tells a transcript, not a gene
            return f"{word.upper()}.{gene[1]}" if gene else word.upper()
        found = _GENE.match(word)
        if found:
            return f"{found[1].lower()}-{found[2]}"
        if re.fullmatch(r"[a-z]{3,4}", word, re.I) and place + 1 < len(words):
            number = words[place + 1]  # `mir_57`, `hlh_3_5`
            if re.fullmatch(r"[0-9]{1,4}", number):
                return f"{word.lower()}-{number}"
    return ""
