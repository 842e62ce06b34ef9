from __future__ import annotations

from collections.abc import Callable

import torch

from napari_csunet.thread_count import ThreadCount

STEPS = 200


def used(most: int, seconds: Callable[[int, int], float]) -> list[int]:
    """The count of each step, where a step takes ``seconds`` of its count and its number."""
    threads, counts = ThreadCount(most), []
    for step in range(STEPS):
        counts.append(threads.count)
        threads.took(seconds(threads.count, step))
    return counts


def test_alone_all_cores_are_used_nearly_always() -> None:
    counts = used(2, lambda count, step: 0.7 if count == 2 else 1.1)
    assert counts.count(2) > 0.95 * STEPS


def test_where_threads_wait_for_each_other_one_is_used() -> None:
    counts = used(2, lambda count, step: 4.0 if count == 2 else 1.1)
    assert counts.count(1) > 0.9 * STEPS


def test_a_program_that_begins_and_ends_is_noticed_both_times() -> None:
    counts = used(2, lambda count, step: (4.0 if 50 <= step < 100 else 0.7) if count == 2 else 1.1)
    assert counts[70:100].count(1) > 25
    assert counts[150:].count(2) > 45


def test_on_many_cores_it_goes_down_by_halves_and_up_again() -> None:
    counts = used(8, lambda count, step: 1 + abs(count - 2))
    assert counts[50:].count(2) > 0.9 * (STEPS - 50)
    assert {8, 4, 2} <= set(counts) <= {8, 4, 2, 1}


def test_a_slow_first_step_and_noise_change_nothing() -> None:
    counts = used(2, lambda count, step: (9.0 if step == 0 else 0.7 + 0.05 * (step % 3)) if count == 2 else 0.75)
    assert counts[1] == 2
    assert counts.count(2) > 0.95 * STEPS


def test_one_core_is_left_as_it_is() -> None:
    assert set(used(1, lambda count, step: float(step % 7))) == {1}


def test_torch_gets_its_threads_back_after_each_piece_of_work() -> None:
    before = torch.get_num_threads()
    with ThreadCount(before + 2).timed():
        assert torch.get_num_threads() == before + 2
    assert torch.get_num_threads() == before
