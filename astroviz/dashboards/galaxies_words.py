"""What the page of galaxies says: its questions, its help, its words."""

from __future__ import annotations

__all__ = ["GLOSSARY", "HELP", "QUESTION", "QUESTIONS"]

QUESTION = "How massive, how star-forming, how far are the galaxies of a survey, all at once?"

QUESTIONS = {
    "population": "Which galaxies are out there, given nothing but the colours of a survey?",
    "sed": "What light does a galaxy of these properties send into which filter?",
    "selection": "Which galaxies does a survey see, and which would another one?",
    "fit": "Does the population make the survey's photometry, and what did the data tell?",
    "objects": "What is this one galaxy, given its photometry and all the others?",
    "lessons": "Why a population and not a catalogue of fits, and why transport distances?",
}

HELP = (
    "A <b>population</b> is a density of galaxies over mass, star formation history, dust, "
    "metallicity and redshift. It is fitted as a whole: its draws are turned into spectra and "
    "photometry, and the cloud of photometry is moved onto that of the survey. No galaxy is "
    "fitted on its own.",
    "<b>Population</b>: slice and select its draws, and see the relations between them. "
    "<b>SED</b>: the spectrum of one galaxy under your hands. <b>Selection</b>: what a survey "
    "sees of a population. <b>Fit</b>: how a fit went, and a fit to a table of yours.",
    "<b>Objects</b>: single galaxies with the population as their prior. <b>Lessons</b>: why "
    "stacking the posteriors of single galaxies misleads, and what a transport distance is.",
    "Masses are surviving stellar masses unless they say <i>formed</i>; initial mass function of "
    "Kroupa (2001); magnitudes are AB; a flat universe with H0 = 70 km/s/Mpc, Omega_m = 0.3.",
)

GLOSSARY = {
    "SED": "spectral energy distribution: the light of a galaxy over wavelength",
    "SPS": "stellar population synthesis: the spectrum of all stars of a galaxy",
    "SFH": "star formation history: the rate of star formation over time",
    "SFR": "star formation rate, solar masses a year, here the mean of the last 0.1 Gyr",
    "formed and surviving mass": "stars ever made, and what is left of them: about 0.6 of it",
    "kappa": "three numbers that mix four basic histories",
    "tau": "optical depth of dust: tau1 around young stars, tau2 everywhere",
    "n": "slope of the dust curve relative to Calzetti's",
    "selection function": "probability that a galaxy is in the survey, given its light",
    "completeness": "part of the galaxies of a kind that the survey holds",
    "main sequence": "the ridge of star-forming galaxies in SFR over mass",
    "mass function": "number of galaxies per volume and dex of mass",
    "UVJ": "rest-frame colours that tell quiet galaxies from dusty ones",
    "n(z)": "number of galaxies over redshift",
    "Wasserstein distance": "the least work that carries one cloud of points onto another",
    "Sinkhorn": "a blurred Wasserstein distance; blur is the scale below which it does not look",
    "sliced": "a distance averaged over projections on lines, where transport is sorting",
    "entropy weight": "how strongly what the data leave open stays with the prior",
    "floor": "distance of two samples of one law: no fit can come closer",
}
