"""Where an embryo comes from, and what to cite for it: in every export and on every embryo's page."""

from services.embryos import Embryo

MURRAY_2012 = (
    "Murray JI, Boyle TJ, Preston E, et al. Multidimensional regulation of gene expression in the "
    "C. elegans embryo. Genome Research 22:1282-1294 (2012)"
)
EPIC_SITE = "https://epic.gs.washington.edu"


def source_words(embryo: Embryo) -> str:
    """The source in a few words, short enough for a column."""
    return {
        "epic": "EPIC (Murray et al. 2012, Genome Research 22:1282)",
        "simulated": "simulated by Blastoscope, not recorded",
    }.get(embryo.source, "imported file (if of EPIC, cite Murray et al. 2012, Genome Research 22:1282)")


def citation(embryo: Embryo) -> str:
    """What to cite, in a sentence or two."""
    if embryo.source == "simulated":
        return (
            "Simulated by Blastoscope; nobody recorded this embryo. Times and places of its cells follow "
            f"medians over 66 EPIC and LIVE embryos ({MURRAY_2012}; Murray lab)."
        )
    if embryo.source == "epic":
        return f"From the EPIC collection ({EPIC_SITE}). Cite {MURRAY_2012}."
    return (
        f"From the file {embryo.file_name}, which somebody here brought; cite whoever recorded it. "
        f"If it is of the EPIC collection, cite {MURRAY_2012}."
    )
