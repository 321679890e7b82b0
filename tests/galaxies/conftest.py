"""Galaxies whose magnitudes are linear in normal parameters: posteriors are known on paper."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.core.draws import Draws
from astroviz.galaxies.objects import ObjectSampler
from astroviz.galaxies.parameters import DERIVED, DERIVED_UNITS, PARAMETERS, UNITS

BANDS = ("sdss_u", "sdss_g", "sdss_r", "sdss_i", "sdss_z")
MASS, REDSHIFT = PARAMETERS.index("log_mass_formed"), PARAMETERS.index("redshift")
D = len(PARAMETERS)


class LinearSynthesis:
    """`mag = c + W theta` with -2.5 for the log of the mass, as any spectrum has it."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.slopes = np.zeros((D, len(BANDS)))
        self.slopes[:, :] = rng.normal(0, 0.12, (D, len(BANDS)))
        self.slopes[REDSHIFT] = [4.0, 3.0, 1.5, 1.0, 0.5]
        self.slopes[MASS] = -2.5
        self.offset = np.full(len(BANDS), 43.0)

    def magnitudes(self, theta, bands, **_):
        """AB magnitudes, shape (..., B)."""
        at = [BANDS.index(band) for band in bands]
        slopes = torch.tensor(self.slopes[:, at], dtype=theta.dtype)
        return theta @ slopes + torch.tensor(self.offset[at], dtype=theta.dtype)

    def derived(self, theta):
        """Linear in the mass, as the true ones are."""
        mass, z = theta[..., MASS], theta[..., REDSHIFT]
        return {
            "log_mass": mass - 0.2, "log_sfr": mass - 10 + z, "log_sfr_10": mass - 10 - z,
            "log_ssfr": z - 9.8, "age": 5 + z, "u_v": 1 + theta[..., 0], "v_j": theta[..., 1],
            "r_abs": -2.5 * mass + 5,
        }  # fmt: skip


class LinearPopulation:
    """A normal population."""

    def __init__(self, seed: int = 1, synthesis: LinearSynthesis | None = None) -> None:
        rng = np.random.default_rng(seed)
        self.synthesis = synthesis or LinearSynthesis()
        self.mean = np.zeros(D)
        self.mean[MASS], self.mean[REDSHIFT] = 10.5, 0.3
        root = 0.35 * rng.normal(size=(D, D)) / np.sqrt(D) + 0.3 * np.eye(D)
        root[REDSHIFT] *= 0.25
        root[MASS, MASS] += 0.35
        self.covariance = root @ root.T
        self.name, self.bands = "linear", BANDS

    def sample(self, n, seed=0, selected=False, member=None):
        rng = np.random.default_rng(seed)
        theta = rng.multivariate_normal(self.mean, self.covariance, n)
        tensor = torch.tensor(theta)
        derived = self.synthesis.derived(tensor)
        columns = [theta, np.stack([derived[name].numpy() for name in DERIVED], 1)]
        columns.append(self.synthesis.magnitudes(tensor, BANDS).numpy())
        units = (*UNITS.values(), *DERIVED_UNITS.values(), *("mag",) * len(BANDS))
        return Draws(np.concatenate(columns, 1), (*PARAMETERS, *DERIVED, *BANDS), units, seed)

    def log_prob(self, theta):
        law = torch.distributions.MultivariateNormal(
            torch.tensor(self.mean), torch.tensor(self.covariance)
        )
        return law.log_prob(theta.double())

    def posterior(self, seen, errors, bands=BANDS):
        """Mean and covariance of the parameters of a galaxy, on paper."""
        at = [BANDS.index(band) for band in bands]
        slopes = self.synthesis.slopes[:, at]
        noise = np.diag(np.asarray(errors) ** 2)
        gain = (
            self.covariance @ slopes @ np.linalg.inv(slopes.T @ self.covariance @ slopes + noise)
        )
        left = np.asarray(seen) - self.synthesis.offset[at] - slopes.T @ self.mean
        return self.mean + gain @ left, self.covariance - gain @ slopes.T @ self.covariance

    def log_evidence(self, seen, errors):
        """Log density of what was seen, per magnitude."""
        slopes = self.synthesis.slopes
        spread = slopes.T @ self.covariance @ slopes + np.diag(np.asarray(errors) ** 2)
        left = np.asarray(seen) - self.synthesis.offset - slopes.T @ self.mean
        sign = np.linalg.slogdet(2 * np.pi * spread)[1]
        return -0.5 * (left @ np.linalg.solve(spread, left) + sign)

    def galaxy(self, seed, errors):
        """True parameters and what is seen of them."""
        rng = np.random.default_rng(seed)
        theta = rng.multivariate_normal(self.mean, self.covariance)
        true = theta @ self.synthesis.slopes + self.synthesis.offset
        return theta, true + np.asarray(errors) * rng.normal(size=len(BANDS))


class Linear:
    """The population, who answers for its galaxies, and how users write them."""

    bands, errors = BANDS, np.array([0.06, 0.05, 0.04, 0.04, 0.05])
    mass, redshift = MASS, REDSHIFT

    def __init__(self) -> None:
        self.population = LinearPopulation()
        self.sampler = ObjectSampler(
            self.population, BANDS, "galaxies/linear", size=50_000, floor=0.0
        )

    def row(self, seen, errors=None):
        """A galaxy as users write it."""
        short = [band.partition("_")[2] for band in BANDS]
        return dict(zip(short, seen, strict=True)) | {
            f"{name}_error": error
            for name, error in zip(short, self.errors if errors is None else errors, strict=True)
        }


@pytest.fixture(scope="session")
def linear():
    """Galaxies whose posteriors are known on paper."""
    return Linear()
