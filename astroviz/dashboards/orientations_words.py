"""What the page of orientations says: its questions, its help, its words."""

from __future__ import annotations

__all__ = ["GLOSSARY", "HELP", "QUESTION", "QUESTIONS"]

QUESTION = "How is a galaxy turned, given where it sits in the cosmic web?"

QUESTIONS = {
    "film": "How does noise on SO(3) become a density, and is it the right one?",
    "kernel": "What is a Gaussian of rotations, and which scale does it have?",
    "web": "How is this galaxy turned, given the tide around it?",
    "catalogue": "How strongly do the galaxies of a box line up?",
    "pose": "Which orientations can the solid in this picture have?",
}

HELP = (
    "A rotation is shown as a point of a sphere, the direction of its first axis, and a colour, "
    "the tilt about that axis. The colours go round in a circle, as the tilt does.",
    "<b>Film</b>: draws of a diffusion model on SO(3) on their way between noise and a density, "
    "beside the exact law of the same moment. Drag the time, or press play. Lasso some draws "
    "(Shift and drag) and follow them through the flow; the export holds their paths.",
    "<b>Kernel</b>: the isotropic Gaussian on SO(3), the law of a rotation that has diffused for "
    "a time. Drag its scale; both conventions stand on the slider.",
    "<b>Web</b>: a box of the universe. Click a galaxy and see how it may be turned. "
    "<b>Catalogue</b>: paint a box with orientations and measure how they line up. "
    "<b>Pose</b>: pick a picture of a solid and see all the poses that it can have.",
    "Turn a sphere with the pointer or the arrow keys, zoom with the wheel or + and -.",
)

GLOSSARY = {
    "rotation": "how a body is turned: a matrix whose columns are its axes",
    "SO(3)": "the space of all rotations: three dimensions, curved, closed in itself",
    "tilt": "the angle by which a body is rolled about its first axis",
    "sigma": "scale of the kernel in rad; its square is the diffusion time",
    "Leach's epsilon": "the same scale in another convention: sigma divided by the root of two",
    "Haar": "the uniform law of rotations; log densities refer to it unless you choose otherwise",
    "score": "gradient of the log density: where a rotation must turn to become more probable",
    "probability flow": "the differential equation that carries noise into the density, and back",
    "evaluations": "how often the network is asked along the way",
    "C2ST": "how well a classifier tells learned draws from true ones: 0.5 is not at all",
    "D2": "the half turns of a triaxial galaxy, which leave it as it is: four rotations",
    "web type": "void, sheet, filament or knot: along how many axes matter falls in",
}
