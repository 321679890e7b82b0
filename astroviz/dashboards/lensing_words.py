"""What the page of lensing says: its questions, its help, its words."""

from __future__ import annotations

__all__ = ["GLOSSARY", "HELP", "QUESTION", "QUESTIONS"]

QUESTION = "Which galaxy stands behind this lens, and how far can we believe the answer?"

QUESTIONS = {
    "bench": "What does this lens do to that galaxy, and when does a simple source mislead?",
    "sample": "Which sources could have made this image?",
    "real": "What stands behind a real lens, whichever mass model is the right one?",
    "trust": "Is the posterior true? Each sampler beside the exact answer",
    "shift": "What if the prior is wrong, and can it learn from the sky?",
    "noise": "What does it cost to call real noise Gaussian?",
    "operators": "Do the same samplers work where nothing is lensed?",
}

HELP = (
    "An image is made by light that a mass has bent: pixels of the image look at places of the "
    "source plane. Given the image, many sources are possible; a <b>score-based prior</b> knows "
    "which of them look like galaxies, and each <b>draw</b> is one that also fits the data.",
    "<b>Bench</b>: drag a lens over a source. <b>Sample</b>: watch draws of the source come out "
    "of noise. <b>Real lens</b>: from the files of an observation to source, lens and errors.",
    "<b>Trust</b>: the exact posterior of a Gaussian-process prior beside every sampler. "
    "<b>Prior shift</b>: the wrong prior, a flag that sees it, and priors that learn. "
    "<b>Noise</b>: a likelihood learned from blank sky. <b>Operators</b>: the same samplers on "
    "other problems.",
    "Angles run counter-clockwise from the x axis of the picture. The Einstein radius is the one "
    "of the intermediate axis, which encloses the same area whatever the axis ratio.",
)

GLOSSARY = {
    "Einstein radius": "scale of the lens in arcsec, on the intermediate axis",
    "axis ratio": "minor over major axis of the lens's mass",
    "external shear": "stretching by masses outside the lens, in two components",
    "critical curve": "where the magnification is infinite, in the image plane",
    "caustic": "the critical curve carried back to the source plane",
    "PSF": "the picture of a point: what telescope and air do to it",
    "prior score": "gradient of the log prior: what makes a picture more galaxy-like",
    "likelihood score": "gradient of the log likelihood: what makes it fit the data better",
    "split Gibbs": "sampler that alternates an exact fit to the data and a plain denoising",
    "MMPS, PiGDM, DPS, CLA": "samplers that guess the likelihood at each noise level",
    "chi^2 floor": "what blank sky itself gives with this noise map: drizzled maps are too wide",
    "TARP": "a test of coverage with random points: a straight line is a true posterior",
    "PQMass": "a test of whether two sets of pictures come from one law",
    "SLIC": "a likelihood whose noise is learned from blank sky",
    "mass sheet": "a uniform sheet of mass, which changes sizes and masses but not the image",
}
