r"""Noise of drizzled images: rescaled, correlated between neighbours, and whitened exactly.

A drizzled noise map states the noise of large areas, while neighbouring pixels share photons: the
scatter of single pixels is smaller than the map says, and neighbours are correlated. The model is

.. math:: N = \kappa^2\, D\, C\, D, \qquad D = \mathrm{diag}(\sigma), \quad
          C_{pq} = \rho(\Delta\mathrm{row}, \Delta\mathrm{column}),

with the stationary correlation :math:`\rho` and the factor :math:`\kappa` measured from blank sky.
Pixels in raster order make :math:`N` a band matrix, whose Cholesky factor whitens exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg, ndimage, sparse

from astroviz.lensing.observation import Observation

__all__ = ["SkyNoise", "blank_sky", "measure_noise", "residual_power", "white_noise"]

_REACH = 3  # lags, pixels; drizzling to the native scale correlates no further
_FEWEST = 400  # blank pixels below which no correlation is measured


@dataclass(frozen=True, eq=False)
class SkyNoise:
    r"""Noise of the used pixels of an observation.

    Arguments:
        noise: The noise map, shape :math:`(n_y, n_x)`.
        mask: True where a pixel is used.
        factor: :math:`\kappa`, by which the map is multiplied.
        correlation: :math:`\rho` at lags :math:`-r..r`, shape :math:`(2r+1, 2r+1)`; :math:`(1, 1)`
            for independent pixels.
    """

    noise: np.ndarray
    mask: np.ndarray
    factor: float
    correlation: np.ndarray

    @property
    def correlated(self) -> bool:
        """Whether neighbours are correlated."""
        return self.correlation.size > 1

    @cached_property
    def sigma(self) -> np.ndarray:
        """Standard deviation of each used pixel, factor included, shape (m,)."""
        return np.asarray(self.factor * self.noise[self.mask])

    @cached_property
    def log_determinant(self) -> float:
        r"""Log det of the covariance of the used pixels."""
        own = 2 * float(np.log(self.sigma).sum())
        return own + (2 * float(np.log(self._band[0]).sum()) if self.correlated else 0.0)

    @cached_property
    def _band(self) -> np.ndarray:
        """Lower Cholesky factor of the correlation of the used pixels, in LAPACK's band form."""
        band = _correlation_band(self.mask, self.correlation)
        try:
            return np.asarray(linalg.cholesky_banded(band, lower=True, check_finite=False))
        except linalg.LinAlgError as error:
            raise ValueError(
                "the correlation of the noise is not positive: measure it on more blank sky"
            ) from error

    def whiten(self, values: np.ndarray) -> np.ndarray:
        r"""Values of the used pixels as multiples of independent unit noise.

        Arguments:
            values: Shape :math:`(m,)` or :math:`(m, k)`, pixels in raster order.
        """
        rows = np.asarray(values, dtype=np.float64)
        scaled = (rows.T / self.sigma).T
        if not self.correlated:
            return np.asarray(scaled)
        solved, info = linalg.lapack.dtbtrs(self._band, scaled.reshape(len(scaled), -1), uplo="L")
        assert info == 0
        return np.asarray(solved).reshape(scaled.shape)

    def colour(self, white: np.ndarray) -> np.ndarray:
        """Noise of the used pixels from independent unit noise, shape (m,)."""
        values = np.asarray(white, dtype=np.float64)
        if self.correlated:
            values = np.asarray(self._lower @ values)
        return np.asarray((values.T * self.sigma).T)

    @cached_property
    def _lower(self) -> sparse.csr_matrix:
        m = self._band.shape[1]
        offsets = -np.arange(len(self._band))
        return sparse.csr_matrix(sparse.dia_matrix((self._band, offsets), shape=(m, m)))

    @cached_property
    def sparse_whitener(self) -> sparse.csr_matrix:
        r"""A sparse :math:`W` with :math:`W^\top W \approx N^{-1}`, shape :math:`(m, m)`.

        Each pixel is conditioned on its near predecessors only (Vecchia 1988), which for
        correlations of a few pixels costs nothing and multiplies fast with sparse responses.
        """
        if not self.correlated:
            return sparse.csr_matrix(sparse.diags(1 / self.sigma))
        return _vecchia(self.mask, self.correlation) @ sparse.diags(1 / self.sigma)


def white_noise(observation: Observation, factor: float = 1.0) -> SkyNoise:
    """The noise map as it is, times a factor, pixels independent."""
    return SkyNoise(observation.noise, observation.mask, float(factor), np.ones((1, 1)))


def blank_sky(observation: Observation, inner: float | None = None) -> np.ndarray:
    r"""Where the image shows no light, shape :math:`(n_y, n_x)`.

    Arguments:
        observation: The observation.
        inner: Pixels nearer to the centre than this are not sky, arcsec; by default 60 % of the
            frame's half width.
    """
    x, y = observation.grid()
    ratio = np.where(observation.mask, observation.image / observation.noise, 0.0)
    far = np.hypot(x, y) > (0.6 * observation.half_width if inner is None else inner)
    sky = observation.mask & far
    if not sky.any():
        return np.asarray(sky)
    for _ in range(4):
        level = np.median(ratio[sky])
        spread = 1.4826 * np.median(np.abs(ratio[sky] - level)) + 1e-12
        smooth = _masked_mean(ratio - level, sky, 2.0)
        bright = np.abs(smooth) > 1.5 * spread
        grown = ndimage.binary_dilation(bright, iterations=2)
        kept = observation.mask & far & ~grown & (np.abs(ratio - level) < 4 * spread)
        if kept.sum() < _FEWEST:
            break
        sky = kept
    return np.asarray(sky)


def measure_noise(
    observation: Observation, correlated: bool = True, blank: np.ndarray | None = None
) -> SkyNoise:
    r"""The noise of an observation as its own blank sky shows it.

    Arguments:
        observation: The observation, before it is cut to the lens.
        correlated: Measure the correlation of neighbours too.
        blank: True on blank sky; found by `blank_sky` otherwise.

    Returns:
        The noise; where there is too little sky, the noise map as it is.
    """
    sky = blank_sky(observation) if blank is None else np.asarray(blank, dtype=bool)
    if sky.sum() < _FEWEST:
        return white_noise(observation)
    ratio = np.where(sky, observation.image / observation.noise, 0.0)
    ratio = np.where(sky, ratio - _masked_mean(ratio, sky, 8.0), 0.0)  # gradients are not noise
    total = _lag_sums(sky.astype(float))
    covariance = _lag_sums(ratio) / np.maximum(total, 1.0)
    centre = _REACH
    factor = float(np.sqrt(covariance[centre, centre]))
    if not correlated:
        return white_noise(observation, factor)
    correlation = _positive(covariance / covariance[centre, centre])
    return SkyNoise(observation.noise, observation.mask, factor, correlation)


def residual_power(
    residual: np.ndarray, noise: SkyNoise, bins: int = 12, draws: int = 32, seed: int = 0
) -> dict[str, np.ndarray]:
    r"""Power of a residual against that of the noise, in rings of spatial frequency.

    Arguments:
        residual: Data minus model over the noise map, shape :math:`(n_y, n_x)`; masked pixels
            are not read.
        noise: The noise model.
        bins: Number of rings.
        draws: Number of noise draws.
        seed: Seed of the draws.

    Returns:
        `frequency` (cycles per pixel), `residual`, `noise`, `noise_low`, `noise_high` (16 to
        84 %), each shape :math:`(bins,)`.
    """
    generator = np.random.default_rng(seed)
    shape, mask = noise.mask.shape, noise.mask
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(shape[0]), np.fft.fftfreq(shape[1]),
                                      indexing="ij"))  # fmt: skip
    edges = np.linspace(0, 0.5, bins + 1)
    ring = np.digitize(frequency.ravel(), edges) - 1
    inside = (ring >= 0) & (ring < bins)
    counts = np.maximum(np.bincount(ring[inside], minlength=bins), 1)

    def power(image: np.ndarray) -> np.ndarray:
        values = np.abs(np.fft.fft2(np.where(mask, image, 0.0))) ** 2 / mask.sum()
        return np.bincount(ring[inside], values.ravel()[inside], minlength=bins) / counts

    found = []
    for _ in range(draws):
        image = np.zeros(shape)
        image[mask] = noise.colour(generator.standard_normal(int(mask.sum())))
        found.append(power(np.where(mask, image / noise.noise, 0.0)))
    low, high = np.quantile(found, [0.16, 0.84], axis=0)
    return {"frequency": 0.5 * (edges[1:] + edges[:-1]), "residual": power(residual),
            "noise": np.mean(found, axis=0), "noise_low": low, "noise_high": high}  # fmt: skip


def _masked_mean(values: np.ndarray, mask: np.ndarray, width: float) -> np.ndarray:
    weight = ndimage.gaussian_filter(mask.astype(float), width)
    return np.asarray(
        ndimage.gaussian_filter(np.where(mask, values, 0.0), width) / np.maximum(weight, 1e-3)
    )


def _lag_sums(values: np.ndarray) -> np.ndarray:
    """Sums of products of pixels at each lag, shape (2r+1, 2r+1)."""
    r = _REACH
    padded = np.pad(values, r)
    rows, columns = values.shape
    return np.array([
        [(values * padded[r + i : r + i + rows, r + j : r + j + columns]).sum()
         for j in range(-r, r + 1)] for i in range(-r, r + 1)
    ])  # fmt: skip


def _positive(correlation: np.ndarray, size: int = 64) -> np.ndarray:
    """The nearest correlation of the same reach whose power is positive at every frequency."""
    r = len(correlation) // 2
    found = 0.5 * (correlation + correlation[::-1, ::-1])
    lags = np.hypot(*np.mgrid[-r : r + 1, -r : r + 1]) / (r + 1)
    taper = np.clip(1 - lags, 0, 1) ** 0.5
    found = found * taper
    for _ in range(50):
        full = np.zeros((size, size))
        full[: 2 * r + 1, : 2 * r + 1] = found
        full = np.roll(full, (-r, -r), axis=(0, 1))
        spectrum = np.fft.fft2(full).real
        if spectrum.min() > 0.02:
            break
        full = np.fft.ifft2(np.maximum(spectrum, 0.03)).real
        found = np.roll(full, (r, r), axis=(0, 1))[: 2 * r + 1, : 2 * r + 1]
        found = found / found[r, r]
    else:
        floor = max(0.0, 0.02 - float(spectrum.min()))
        found[r, r] += floor
        found = found / found[r, r]
    return np.asarray(found)


def _correlation_band(mask: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """Lower band of the correlation matrix of the used pixels in raster order."""
    _, pairs = _pairs(mask, correlation)
    m = int(mask.sum())
    width = max((int((a - b).max()) for a, b, _ in pairs if len(a)), default=0)
    band = np.zeros((width + 1, m))
    band[0] = 1.0
    for later, earlier, value in pairs:
        band[later - earlier, earlier] = value
    return band


def _pairs(
    mask: np.ndarray, correlation: np.ndarray
) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray, float]]]:
    """Numbers of the used pixels, and (later, earlier, correlation) of those that touch."""
    r = len(correlation) // 2
    index = np.full((mask.shape[0] + r, mask.shape[1] + 2 * r), -1)
    index[r:, r : r + mask.shape[1]][mask] = np.arange(int(mask.sum()))
    here = index[r:, r : r + mask.shape[1]]
    found = []
    for i, j in _before(r):
        there = index[r - i : r - i + mask.shape[0], r - j : r - j + mask.shape[1]]
        both = (here >= 0) & (there >= 0)
        found.append((here[both], there[both], float(correlation[r + i, r + j])))
    return index, found


def _before(r: int) -> list[tuple[int, int]]:
    """Lags (rows, columns) from a pixel back to its predecessors in raster order."""
    lags = [(i, j) for i in range(r + 1) for j in range(-r, r + 1)]
    return [(i, j) for i, j in lags if i > 0 or j > 0]


def _vecchia(mask: np.ndarray, correlation: np.ndarray) -> sparse.csr_matrix:
    """Sparse inverse Cholesky factor of the correlation; pixels of equal neighbours share work."""
    m, r = int(mask.sum()), len(correlation) // 2
    lags = _before(r)
    _, pairs = _pairs(mask, correlation)
    there = np.full((m, len(lags)), -1)
    for k, (later, earlier, _) in enumerate(pairs):
        there[later, k] = earlier
    kinds, kind = np.unique(there >= 0, axis=0, return_inverse=True)
    rows, columns, values = [], [], []
    for number, present in enumerate(kinds):
        members = np.flatnonzero(kind.ravel() == number)
        chosen = [lag for lag, one in zip(lags, present, strict=True) if one]
        weights = _conditional([(0, 0), *chosen], correlation)
        neighbours = np.concatenate([members[:, None], there[members][:, present]], 1)
        rows.append(np.repeat(members, neighbours.shape[1]))
        columns.append(neighbours.ravel())
        values.append(np.tile(weights, len(members)))
    parts = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.csr_matrix(parts, shape=(m, m))


def _conditional(lags: list[tuple[int, int]], correlation: np.ndarray) -> np.ndarray:
    """Weights that turn a pixel and its predecessors into the pixel's standardised surprise."""
    r = len(correlation) // 2
    at = np.array(lags)
    apart = at[:, None] - at[None]
    near = (np.abs(apart) <= r).all(-1)
    clipped = np.clip(apart, -r, r) + r
    c = np.where(near, correlation[clipped[..., 0], clipped[..., 1]], 0.0)
    if len(lags) == 1:
        return np.ones(1)
    weights = linalg.solve(c[1:, 1:], c[1:, 0], assume_a="pos")
    spread = np.sqrt(max(1 - float(weights @ c[1:, 0]), 1e-12))
    return np.concatenate([[1.0], -weights]) / spread
