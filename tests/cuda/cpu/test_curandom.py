"""Random numbers have the range, type and moments that they are asked for."""

import numpy as np
import pytest

from scratch.cuda import curandom, driver, engine, gpuarray

pytestmark = pytest.mark.skipif(engine == "gpu" and not hasattr(driver, "get_curand_version"),
                                reason="this PyCUDA was built without CURAND")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_uniform_numbers_fill_the_unit_interval(dtype):
    """40,000 numbers: the mean is off by 0.0014 as a rule, so by 0.01 once in 10^12 runs."""
    x = curandom.rand((200, 200), dtype).get()
    assert x.dtype == dtype and x.shape == (200, 200) and 0 <= x.min() and x.max() <= 1
    np.testing.assert_allclose(x.mean(), 0.5, atol=0.01)
    np.testing.assert_allclose(x.std(), 12**-0.5, atol=0.01)


def test_generators_make_normal_numbers():
    generator = curandom.XORWOWRandomNumberGenerator()
    x = generator.gen_normal((40_000,), np.float32)
    np.testing.assert_allclose([x.get().mean(), x.get().std()], [0, 1], atol=0.04)
    generator.fill_uniform(x)
    assert 0 <= x.get().min() and x.get().max() <= 1


def test_integers_use_their_range():
    x = curandom.rand(1000, np.uint32).get()
    assert x.dtype == np.uint32 and x.max() > 2**31 > x.min()


def counted(n):
    """Seed t for generator t."""
    return gpuarray.to_gpu(np.arange(n, dtype=np.int32))


def test_the_first_numbers_are_curands():
    """By cuRAND's own header, as in translator/test_curand_kernel.py: curand_init(t, t, offset, ...)."""
    generator = curandom.XORWOWRandomNumberGenerator(counted)
    x = generator.gen_uniform((3000,), np.float32).get()
    assert x[:3].tolist() == [0.7402193546295166, 0.07540122419595718, 0.7462215423583984]
    generator = curandom.MRG32k3aRandomNumberGenerator(counted, offset=9)
    x = generator.gen_normal((4,), np.float64).get()
    wanted = [-0.34200441789463276, -0.6654710575728963, -0.35067332368261045, -1.686775204182064]
    np.testing.assert_allclose(x, wanted, rtol=1e-13)


def test_seeds_of_numpy_decide():
    """As in PyCUDA, np.random has the seeds: a paper's numbers come again."""
    made = []
    for seed in (5, 5, 6):
        np.random.seed(seed)
        generator = curandom.XORWOWRandomNumberGenerator()
        made.append((generator.gen_uniform((40,), np.float32).get(), curandom.rand((40,)).get()))
    for first, again, other in zip(*made):
        assert (first == again).all() and (first != other).any()
    before = generator.gen_uniform((40,), np.uint32).get()
    assert (before != generator.gen_uniform((40,), np.uint32).get()).any()


def test_numbers_of_poisson_have_the_mean_in_the_array():
    """10,000 numbers of mean and variance 9: the mean is off by 0.03 as a rule, five of which are allowed."""
    generator = curandom.XORWOWRandomNumberGenerator(curandom.seed_getter_unique)
    x = gpuarray.to_gpu(np.full(10_000, 9, np.float32))
    generator.fill_poisson(x)
    np.testing.assert_allclose(x.get().mean(), 9, atol=0.15)
    assert (x.get() == np.rint(x.get())).all()


def test_seeds_of_another_type_are_refused():
    with pytest.raises(TypeError):
        curandom.XORWOWRandomNumberGenerator(lambda n: gpuarray.to_gpu(np.arange(n, dtype=np.float32)))
    with pytest.raises(NotImplementedError):
        curandom.XORWOWRandomNumberGenerator(counted).gen_uniform((4,), np.int64)
