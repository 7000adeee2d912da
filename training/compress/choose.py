"""Bits of each matrix under a budget: the least sum of losses (a Lagrangian, then what is left)."""

from .methods import Method, bytes_of


def options(matrix, losses):
    """[(bytes, loss, choice)] of a matrix, fewest bytes first."""
    return sorted(
        (bytes_of(Method.named(choice), matrix.rows, matrix.cols), loss, choice)
        for choice, loss in losses.items()
    )


def choose(table, budget):
    """{name: choice} of `table {name: options}` that takes at most `budget` bytes.

    Raises `ValueError` where even the fewest bytes are more.
    """
    least = sum(rows[0][0] for rows in table.values())
    if least > budget:
        raise ValueError(f"budget {budget} bytes, the fewest are {least}: allow more bits a weight")
    low, high = 0.0, 1.0  # price of a byte: none takes the best, much the smallest
    while size(table, at_price(table, high)) > budget:
        high *= 2
    for _ in range(80):
        price = (low + high) / 2
        low, high = (price, high) if size(table, at_price(table, price)) > budget else (low, price)
    return filled(table, at_price(table, high), budget)


def at_price(table, price):
    best = lambda rows: min(rows, key=lambda r: (r[1] + price * r[0], r[0]))  # noqa: E731
    return {name: best(rows)[2] for name, rows in table.items()}


def row_of(rows, choice):
    return next(r for r in rows if r[2] == choice)


def size(table, chosen):
    return sum(row_of(rows, chosen[name])[0] for name, rows in table.items())


def loss(table, chosen):
    return sum(row_of(rows, chosen[name])[1] for name, rows in table.items())


def filled(table, chosen, budget):
    """The best exchange that still fits, again and again."""
    chosen, left = dict(chosen), budget - size(table, chosen)
    while True:
        gains = []
        for name, rows in table.items():
            now = row_of(rows, chosen[name])
            for other in rows:
                more, gain = other[0] - now[0], now[1] - other[1]
                if 0 < more <= left and gain > 0:
                    gains.append((gain / more, more, name, other[2]))
        if not gains:
            return chosen
        _, more, name, choice = max(gains)
        chosen[name], left = choice, left - more
