"""Time limits, cancelling, threads and errors."""

import os
import pickle
import signal
import subprocess
import sys
import threading

import pytest

import foveate


def test_a_time_limit(forgetful, jazz):
    with pytest.raises(foveate.TimeLimitError) as told:
        forgetful.ocr(jazz, time_limit=0.001)
    assert told.value.kind == "timeout" and isinstance(told.value, TimeoutError)
    with pytest.raises(foveate.ArgumentError):
        forgetful.ocr(jazz, time_limit=-1)


def test_few_tokens_are_an_answer_in_words_and_no_value(model, jazz):
    assert model.ask(jazz, "What is the title?", max_tokens=1).stop == "max_tokens"
    with pytest.raises(foveate.ArgumentError) as told:
        model.read(jazz, {"type": "object", "properties": {"a": {"type": "string"}},
                          "required": ["a"]}, max_tokens=1)
    assert told.value.kind == "budget_too_small"


def test_cancelled_before_it_begins(model, jazz):
    cancel = foveate.Cancel()
    cancel.cancel()
    assert cancel.cancelled
    with pytest.raises(foveate.CancelledError):
        model.event(jazz, cancel=cancel)
    with pytest.raises(foveate.CancelledError):
        model.ask(jazz, "Where?", cancel=cancel)


def test_a_stream_is_cancelled_from_another_thread(forgetful, jazz):
    stream = forgetful.ocr(jazz, stream=True)
    thread = threading.Thread(target=stream.cancel)
    thread.start()
    thread.join()
    with pytest.raises(foveate.CancelledError):
        list(stream)


def test_the_gil_is_free_while_it_works(forgetful, jazz):
    """Another thread counts while this one waits inside the one call."""
    counted = 0
    waits = threading.Event()
    done = threading.Event()

    def count():
        nonlocal counted
        waits.set()
        while not done.is_set():
            counted += 1

    counter = threading.Thread(target=count)
    counter.start()
    waits.wait()
    before = counted
    # Nothing that runs Python lies between the two counts but the call itself.
    answering = forgetful._begin(jazz, "ocr", None, False)
    answering.wait()
    after = counted
    done.set()
    counter.join()
    # While the GIL is held not a single turn passes; 5 ms are a switch, and many thousand turns.
    assert after - before > 100_000


def test_threads_at_the_same_time(model, flyers):
    told = {}

    def read(name):
        told[name] = model.ocr(flyers / name).text

    names = ["jazz.png", "lecture.png", "market.png"]
    threads = [threading.Thread(target=read, args=[name]) for name in names * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == {name: model.ocr(flyers / name).text for name in names}


def test_errors_pickle():
    error = foveate.ImageError("cut off", "invalid_image")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.kind) == (foveate.ImageError, "cut off", "invalid_image")


def test_what_is_no_type(model, jazz):
    class Odd:
        def __init__(self, wants):
            self.wants = wants

    for kind in (Odd, {"type": "nothing"}):
        with pytest.raises(foveate.ArgumentError) as told:
            model.read(jazz, kind)
        assert told.value.kind in ("unsupported_schema", "invalid_argument")


def test_nothing_to_read(model):
    import PIL.Image

    with pytest.raises(foveate.AnswerError) as told:
        model.read(PIL.Image.new("RGB", (64, 64), "white"),
                   {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]})
    assert told.value.kind == "nothing_read"


def test_a_runtime_that_is_none():
    """In a process of its own: a library stays in the one that loaded it."""
    program = (
        "import foveate\n"
        "try: foveate.load(runtime='/nowhere/libonnxruntime.so')\n"
        "except foveate.ModelError as e: print(e.kind)\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert said.stdout == "runtime\n", said.stderr


def test_ctrl_c_ends_an_answer(jazz):
    program = (
        "import foveate, signal, sys\n"
        # What is started in the background begins with the signal ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "model = foveate.load(remembered_images=0)\n"
        "try:\n"
        "    print('ready', flush=True)\n"
        "    while True: model.ocr(sys.argv[1])\n"
        "except KeyboardInterrupt: print('ended')\n"
    )
    command = [sys.executable, "-c", program, str(jazz)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        os.kill(process.pid, signal.SIGINT)
        assert process.communicate(timeout=300)[0] == "ended\n"
        assert process.returncode == 0
    finally:
        process.kill()
