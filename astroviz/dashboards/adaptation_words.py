"""What the page of an adaptation says: its question, help, words, names of figures."""

from __future__ import annotations

__all__ = ["COLOURS", "CURVES", "GLOSSARY", "HELP", "LINKS", "QUESTION", "STAND_IN"]

QUESTION = "The simulator is wrong: does aligning it with real stars bring the posterior back?"

STAND_IN = (
    "Domains B and C are simulators that play nature; dust maps are stand-ins shaped like "
    "Bayestar2019 and Edenhofer+2024."
)

# Names on screen of `adaptation_film.CURVES`, and how many decimals they deserve.
CURVES = {
    "transport": ("OT cost", 3),
    "discrepancy": ("MMD", 4),
    "sliced": ("Sliced Wasserstein", 3),
    "auc": ("Classifier AUC", 2),
    "coverage": ("90 % coverage, log age", 2),
    "rmse": ("RMSE of log age (dex)", 3),
}

COLOURS = {
    "by domain": "domain",
    "by log age": "log_age",
    "by A_V": "a_v",
    "by temperature": "effective_temperature",
    "by surveys": "surveys",
    "by error": "error",
    "by cluster": "cluster",
}

LINKS = {
    "no lines": "none", "OT plan": "plan", "by shape": "gromov", "nearest truth": "pairs",
}  # fmt: skip

HELP = (
    "A network that was trained on one simulator is asked about stars of another one, which "
    "plays nature. Its posteriors are narrow and wrong. An adaptation moves the latent space of "
    "the real stars onto that of the simulated ones, and goes on learning the posterior.",
    "<b>Latent space</b>: drag the scrubber, or press play, and watch the clouds meet; beside it "
    "truth against posterior mean, without and with the adaptation. Box or lasso stars in any "
    "panel (shift adds, ctrl intersects, both remove): all panels show the same. Click a star to "
    "pick it.",
    "<b>Evidence</b>: coverage of test stars, the distances during the training, where on the sky "
    "the answers are off, and every baseline over several seeds. <b>Star</b>: the posterior of "
    "the picked star before and after, over its truth.",
    "<b>My catalogue</b>: a short adaptation to a table of yours, with a verdict on labelled "
    "stars that it did not learn from. What is shipped stays as it is.",
    STAND_IN,
)

GLOSSARY = {
    "latent space": "what the network makes of the measurements of a star, before it asks how old "
    "it is; drawn along principal axes that stay the same over all steps",
    "domain": "where a star comes from: the simulator of the training, or nature (here another "
    "simulator, or your table)",
    "OT cost": "Sinkhorn divergence: how far the two clouds are apart, by the cheapest way to "
    "move one onto the other",
    "MMD": "maximum mean discrepancy: how different the two clouds are to a kernel",
    "sliced Wasserstein": "distance of the two clouds, averaged over directions",
    "classifier AUC": "how well a classifier tells the domains apart: 0.5 not at all, 1 always",
    "coverage": "part of the stars whose truth lies in the interval; 90 % intervals should hold "
    "90 %",
    "pairs": "real stars whose parameters are known, each tied to a simulated star of the same",
    "error floor": "no alignment: all magnitudes are told to be less certain than they are",
    "guard": "simulated stars are weighed to the ages and masses of the real ones before the "
    "clouds are aligned",
    "prior shift": "the real stars have other ages and masses than the simulated ones; aligning "
    "them as they are does harm",
    "out of distribution": "how unlike the training stars the measurements are; above 1 beware",
}
