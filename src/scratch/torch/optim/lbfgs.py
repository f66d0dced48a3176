"""LBFGS: a step that takes the curvature into account, learnt from the last gradients.

    >>> from .. import float64, tensor
    >>> w = tensor([-1.0, 1.5], dtype=float64, requires_grad=True)
    >>> optimizer = LBFGS([w], max_iter=40, line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     x, y = w
    ...     loss = (1 - x) ** 2 + 100 * (y - x * x) ** 2    # a valley with a bend
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure).item()               # of the place where it began
    29.0
    >>> bool((w - 1).abs().max() < 1e-6)
    True

    g   the gradient of all parameters, as one vector     d   where to go, -H g
    s   a step that was taken                             y   how g changed along it
    ρ   1 / (y · s)                                       t   how far to go

Where a loss is curved like a bowl, y says how g changes along s; Newton's method wants
the reverse, which step makes g 0. H is that reverse as far as the last `history_size`
pairs (s, y) tell. It is never made: two loops over the pairs multiply it by g.

One step() is up to max_iter steps of this kind, and each needs the loss and the
gradient anew, so that step is given a closure which computes both.

Nocedal, Updating quasi-Newton matrices with limited storage, Mathematics of Computation
35, 1980; Liu and Nocedal, Mathematical Programming 45, 1989. Settings, defaults and
what is kept are PyTorch's.

Chapter: docs/torch/modules.md.
"""

from .. import cat, enable_grad, zeros
from .line_search import Trial, strong_wolfe
from .optimizer import Optimizer, check_settings


class LBFGS(Optimizer):
    """p = p + t d,  d = -H g;  t = lr, or what the line search finds from there."""

    def __init__(self, params, lr=1, max_iter=20, max_eval=None, tolerance_grad=1e-7,
                 tolerance_change=1e-9, history_size=100, line_search_fn=None):
        super().__init__(params, dict(
            lr=lr, max_iter=max_iter,
            max_eval=max_iter * 5 // 4 if max_eval is None else max_eval,
            tolerance_grad=tolerance_grad, tolerance_change=tolerance_change,
            history_size=history_size, line_search_fn=line_search_fn))
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS moves all parameters as one vector, and takes one "
                             f"group of them, not {len(self.param_groups)}")

    def check(self, group):
        check_settings(group, lr=None)

    def take_step(self, closure):
        if closure is None:
            raise TypeError("LBFGS computes the loss several times in one step: call "
                            "step(closure), where closure() clears the gradients, "
                            "computes the loss, goes backward and returns the loss")
        [group] = self.param_groups
        kept = self.state[group["params"][0]]
        kept.setdefault("func_evals", 0), kept.setdefault("n_iter", 0)
        first, g = self.evaluated(closure)
        loss, evaluations = float(first), 1
        if g.abs().max() > group["tolerance_grad"]:
            evaluations += self.go(closure, group, kept, loss, g)
        kept["func_evals"] += evaluations
        return first

    def go(self, closure, group, kept, loss, g):
        """Up to max_iter steps from where loss and g are -> how often it evaluated."""
        lr, small = float(group["lr"]), group["tolerance_change"]
        evaluations = 0
        for n in range(1, group["max_iter"] + 1):
            kept["n_iter"] += 1
            remember(kept, g, group["history_size"])
            d = kept["d"] = direction(kept, g)
            kept["prev_flat_grad"], kept["prev_loss"] = g, loss
            t = lr
            if kept["n_iter"] == 1:      # the curvature is unknown: a small step
                t = min(1.0, 1 / g.abs().sum().item()) * lr
            kept["t"], slope = t, g.dot(d).item()
            if slope > -small:
                break
            before = loss
            if group["line_search_fn"] is None:
                self.move_by(d, t)
                asked = n != group["max_iter"]
                if asked:
                    loss, g = self.evaluated(closure)
                    loss = float(loss)
            else:
                (t, loss, g, _), asked = self.search(
                    closure, group, Trial(0.0, loss, g, slope), d, t,
                    group["max_eval"] - 1 - evaluations)
                kept["t"] = t
                self.move_by(d, t)
            evaluations += asked
            if (evaluations + 1 >= group["max_eval"]
                    or g.abs().max() <= group["tolerance_grad"]
                    or (d * t).abs().max() <= small or abs(loss - before) < small):
                break
        return evaluations

    def search(self, closure, group, start, d, t, most):
        """The line search along d, after which the parameters are where they were."""
        if group["line_search_fn"] != "strong_wolfe":
            raise RuntimeError("line_search_fn is None or 'strong_wolfe', not "
                               f"{group['line_search_fn']!r}")
        places = [p.clone() for p in group["params"]]

        def at(t):
            self.move_by(d, t)
            loss, g = self.evaluated(closure)
            for p, place in zip(group["params"], places):
                p.copy_(place)
            return Trial(t, float(loss), g, g.dot(d).item())

        return strong_wolfe(at, start, t, d.abs().max().item(), most=most)

    def evaluated(self, closure):
        """The loss, and the gradients of all parameters as one vector."""
        with enable_grad():
            loss = closure()
        return loss, cat([
            zeros(p.numel(), dtype=p.dtype, device=p.device) if p.grad is None
            else p.grad.reshape(-1) for p in self._parameters()])

    def move_by(self, d, t):
        """p = p + t d, each parameter by its part of d."""
        at = 0
        for p in self._parameters():
            p.add_(d[at:at + p.numel()].view(p.shape), alpha=t)
            at += p.numel()


def remember(kept, g, most):
    """Put the last step and the change of the gradient along it into the history."""
    if kept["n_iter"] == 1:
        kept.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
        return
    y, s = g - kept["prev_flat_grad"], kept["d"] * kept["t"]
    curved = y.dot(s).item()
    if curved <= 1e-10:                  # flat, or bent the other way: it tells nothing
        return
    for name, new in (("old_dirs", y), ("old_stps", s), ("ro", 1 / curved)):
        kept[name] = [*kept[name], new][-most:]
    kept["H_diag"] = curved / y.dot(y).item()      # H to begin with: that times 1


def direction(kept, g):
    """-H g, by two loops: the pairs from the last to the first, and back."""
    d, shares = -g, []
    history = list(zip(kept["old_dirs"], kept["old_stps"], map(float, kept["ro"])))
    for y, s, ro in reversed(history):
        shares.append(s.dot(d).item() * ro)
        d = d.sub(y, alpha=shares[-1])
    d = d * float(kept["H_diag"])
    for y, s, ro in history:
        d = d.add(s, alpha=shares.pop() - y.dot(d).item() * ro)
    return d
