import io
import os
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl_jax.data.files import from_csv, from_npz
from dl_jax.errors import DataError

X = np.arange(60.0).reshape(20, 3)
Y = np.arange(20) % 2


@pytest.fixture
def npz(tmp_path):
    def write(**arrays):
        np.savez(tmp_path / "mine.npz", **arrays)
        return tmp_path / "mine.npz"

    return write


@pytest.fixture
def table(tmp_path):
    def write(text, encoding="utf-8"):
        (tmp_path / "mine.csv").write_bytes(text.encode(encoding))
        return tmp_path / "mine.csv"

    return write


def gathered(dataset):
    """All examples of all splits, in the order of their first input."""
    x = np.concatenate([dataset.train[0], dataset.validation[0], dataset.test[0]])
    y = np.concatenate([dataset.train[1], dataset.validation[1], dataset.test[1]])
    order = np.argsort(x.reshape(len(x), -1)[:, 0])
    return x[order], y[order]


# .npz


@pytest.mark.parametrize("shape", [(20, 3), (20, 4, 5), (20, 4, 5, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.float64, ">f4"])
def test_any_real_numbers_of_any_shape(npz, shape, dtype):
    x = np.zeros(shape, dtype)
    x.reshape(20, -1)[:, 0] = np.arange(20)
    dataset = from_npz(npz(x=x, y=Y))
    assert dataset.name == "mine"
    assert dataset.train[0].dtype == dtype
    assert [len(split[1]) for split in (dataset.train, dataset.validation, dataset.test)] == [12, 4, 4]
    np.testing.assert_array_equal(gathered(dataset)[0], x)
    np.testing.assert_array_equal(gathered(dataset)[1], Y)
    assert np.isfinite(dataset.standardized().train.x).all()


def test_bits_are_inputs_too(npz):
    dataset = from_npz(npz(x=np.arange(20)[:, None] > np.arange(20), y=Y))
    assert dataset.standardized().train.x.shape == (12, 20)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([7, -3], ("-3", "7")),
        ([1.0, 0.0], ("0", "1")),
        ([True, False], ("False", "True")),
        (["dog", "cat"], ("cat", "dog")),
        ([b"dog", "çat".encode()], ("dog", "çat")),
        (np.array([2**64 - 1, 5], np.uint64), ("5", str(2**64 - 1))),
    ],
)
def test_labels_are_numbered_in_order(npz, labels, names):
    dataset = from_npz(npz(x=X, y=np.array(labels)[Y]))
    assert dataset.class_names == names
    first = np.array([str(n.decode() if isinstance(n, bytes) else n) for n in np.array(labels).tolist()])[Y]
    found = np.array(names)[gathered(dataset)[1]]
    np.testing.assert_array_equal(found, [text.removesuffix(".0") for text in first])


def test_given_test_examples_are_judged_by_as_they_are(npz):
    dataset = from_npz(npz(x=X, y=Y + 4, x_test=-X[:5], y_test=np.array([4, 5, 5, 4, 4])))
    np.testing.assert_array_equal(dataset.test[0], -X[:5])
    np.testing.assert_array_equal(dataset.test[1], [0, 1, 1, 0, 0])
    assert [len(dataset.train[1]), len(dataset.validation[1])] == [16, 4]


def test_arrays_of_no_interest_are_not_opened(npz):
    assert len(from_npz(npz(x=X, y=Y, notes=np.array([{"a": 1}], object))).class_names) == 2


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(3, 30), min_size=2, max_size=6))
def test_every_class_is_in_every_split(tmp_path_factory, counts):
    path = tmp_path_factory.getbasetemp() / "classes.npz"
    y = np.repeat(np.arange(len(counts)), counts)
    np.savez(path, x=np.arange(len(y))[:, None], y=y)
    dataset = from_npz(path)
    for split in (dataset.train, dataset.validation, dataset.test):
        assert set(split[1].tolist()) == set(range(len(counts)))
    x, found = gathered(dataset)
    np.testing.assert_array_equal(x[:, 0], np.arange(len(y)))
    np.testing.assert_array_equal(found, y)


def replaced(array, where, value):
    changed = np.array(array, np.float64)
    changed[where] = value
    return changed


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X}, r"lacks y; it holds x: np.savez"),
        ({"images": X, "labels": Y}, r"lacks x and y; it holds images, labels"),
        ({}, r"it holds nothing"),
        ({"x": X, "y": Y, "x_test": X}, r"lacks y_test; it holds x, x_test, y"),
        ({"x": X.astype(object), "y": Y}, r"x is an object array, .* save it as numbers"),
        ({"x": X, "y": Y.astype(object)}, r"y is an object array"),
        ({"x": X + 0j, "y": Y}, r"x must hold real numbers, not complex128"),
        ({"x": X.astype(str), "y": Y}, r"x must hold real numbers, not <U"),
        ({"x": X.astype("m8[s]"), "y": Y}, r"x must hold real numbers, not timedelta"),
        ({"x": replaced(X, (7, 1), np.nan), "y": Y}, r"x holds 1 values .* first in row 7 "),
        ({"x": replaced(X, (slice(3, 5), 0), -np.inf), "y": Y}, r"x holds 2 values .* first in row 3 "),
        ({"x": replaced(X, (2, 0), 1e300), "y": Y}, r"x holds 1 values .* beyond float32, the first in row 2 "),
        ({"x": X[:, 0], "y": Y}, r"x has the shape \(20,\)"),
        ({"x": X[:, :0], "y": Y}, r"no columns"),
        ({"x": X[:0], "y": Y[:0]}, r"holds nothing"),
        ({"x": X[:, None, None, None], "y": Y}, r"x has the shape \(20, 1, 1, 1, 3\)"),
        ({"x": X, "y": Y[:-1]}, r"x and y differ in length: 20 and 19"),
        ({"x": X, "y": np.eye(2)[Y]}, r"y has the shape \(20, 2\); .* y.argmax\(1\)"),
        ({"x": X, "y": replaced(Y, 4, np.nan)}, r"y is NaN or infinite in row 4"),
        ({"x": X, "y": replaced(Y, 4, np.inf)}, r"y is NaN or infinite in row 4"),
        ({"x": X, "y": replaced(Y, 4, 0.5)}, r"y holds 0.5, no class; give integers or strings"),
        ({"x": X, "y": replaced(Y, 4, 1e300)}, r"y holds 1e\+300, no class"),
        ({"x": X, "y": Y + 1j}, r"y must hold integers or strings, not complex128"),
        ({"x": X, "y": 0 * Y}, r"all examples have the label '0'; give two classes or more"),
        ({"x": X, "y": np.where(np.arange(20) < 2, "rare", "usual")}, r"class 'rare' has 2 of the 3 examples"),
        ({"x": X[:2], "y": Y[:2]}, r"class '0' has 1 of the 3 examples"),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y + 1}, r"y_test has the label 2, which y never has"),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y.astype(str)}, r"y_test has the label '0', which y never has"),
        (
            {"x": X, "y": Y, "x_test": X[:, :2], "y_test": Y},
            r"an example of x_test has the shape \(2,\), one of x \(3,",
        ),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y[:3]}, r"x_test and y_test differ in length"),
        ({"x": X, "y": Y, "x_test": X[:0], "y_test": Y[:0]}, r"x_test has the shape \(0, 3\), which holds nothing"),
        ({"x": X, "y": Y, "x_test": replaced(X, (1, 1), np.nan), "y_test": Y}, r"x_test holds 1 values"),
        ({"x": X, "y": np.arange(20) > 18, "x_test": X, "y_test": Y > 0}, r"class 'True' has 1 of the 2 examples"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(npz, arrays, message):
    path = npz(**arrays)
    with pytest.raises(DataError, match=message) as caught:
        from_npz(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def pickled():
    """What a hostile .npy file looks like: opening it would make a folder."""

    class Trap:
        def __reduce__(self):
            return os.mkdir, ("trapped",)

    file = io.BytesIO()
    np.save(file, np.array([Trap()], object), allow_pickle=True)
    return file.getvalue()


def test_nothing_is_ever_unpickled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("mine.npz", "w") as archive:
        archive.writestr("x.npy", pickled())
        archive.writestr("y.npy", pickled())
    with pytest.raises(DataError, match="x is an object array"):
        from_npz(tmp_path / "mine.npz")
    assert not (tmp_path / "trapped").exists()


def test_an_entry_that_is_no_array_is_told(tmp_path):
    with zipfile.ZipFile(tmp_path / "mine.npz", "w") as archive:
        archive.writestr("x", "hello")
    with pytest.raises(DataError, match="x is no array"):
        from_npz(tmp_path / "mine.npz")


@pytest.mark.parametrize("content", [b"", b"hello", b"\x93NUMPY", b"PK\x03\x04 cut short"])
def test_what_is_no_npz_is_told(tmp_path, content):
    (tmp_path / "mine.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"mine.npz is no whole .npz file; write it with np.savez"):
        from_npz(tmp_path / "mine.npz")


def test_no_byte_of_a_file_can_be_damaged_unseen(npz):
    path = npz(x=X, y=Y)
    whole, expected = path.read_bytes(), from_npz(path).fingerprint
    for place in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        path.write_bytes(damaged)
        try:  # a date in the archive may change, the data may not
            assert from_npz(path).fingerprint == expected
        except DataError:
            continue


@pytest.mark.parametrize("read", [from_npz, from_csv])
def test_a_missing_file_and_a_folder_are_told(tmp_path, read):
    for path in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(DataError, match="there is no such file"):
            read(path)


# .csv


ROWS = [f"{i},{i * i},{'ab'[i % 2]}" for i in range(12)]


def test_the_last_column_is_the_label(table):
    dataset = from_csv(table("\n".join(ROWS)))
    assert dataset.class_names == ("a", "b")
    x, y = gathered(dataset)
    np.testing.assert_array_equal(x, [[i, i * i] for i in range(12)])
    np.testing.assert_array_equal(y, np.arange(12) % 2)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("one,two,what\n" + "\n".join(ROWS), 2),
        ("\ufeffone,two,what\r\n" + "\r\n".join(ROWS) + "\r\n\r\n", 2),
        ('"one" , "two, or so", "Label"\n' + "\n\n".join(ROWS), 2),
        ("0,1,label\n" + "\n".join(ROWS), 2),
        ("x,y,label\n" + "\n".join(ROWS), 2),
    ],
)
def test_a_header_is_seen(table, text, width):
    dataset = from_csv(table(text))
    assert dataset.train[0].shape[1] == width
    assert len(gathered(dataset)[0]) == 12
    assert dataset.class_names == ("a", "b")


@pytest.mark.parametrize("name", ["label", "Class", "TARGET", "y"])
def test_a_named_label_may_stand_anywhere(table, name):
    dataset = from_csv(table(f"a,{name},b\n" + "\n".join(f"{i},{i % 3},{-i}" for i in range(12))))
    assert dataset.class_names == ("0", "1", "2")
    np.testing.assert_array_equal(gathered(dataset)[0], [[i, -i] for i in range(12)])


def test_a_first_example_is_no_header(table):
    """Labels may be called y and n, as columns may."""
    dataset = from_csv(table("\n".join(f"{i},{'yn'[i % 2]}" for i in range(12))))
    assert len(gathered(dataset)[0]) == 12


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"is empty"),
        ("\n,,\n", r"is empty"),
        ("a,b\n", r"no rows under its header"),
        ("1\n2\n3\n", r"has one column; .* commas"),
        ("1;2;a\n", r"has one column; .* commas"),
        ("1,2,a\n3,four,b\n", r"line 2, column 2: 'four' is not a number"),
        ("h,i,j\n\n1,,a\n", r"line 3, column 2: '' is not a number"),
        ("1,2,a\n3,NaN,b\n", r"line 2, column 2: 'NaN' is not a number"),
        ("1,2,a\n3,-inf,b\n", r"line 2, column 2: '-inf' is not a number"),
        ("a,1,2\nb,3,4\n", r"line 1, column 1: 'a' is not a number \(the label is column 3\)"),
        ("1,2,a\n3,b\n", r"line 2: 2 cells, but the first line has 3"),
        ("1,2,a\n3,4,\n", r"line 2: the label, in column 3, is empty"),
        ("1,2,0.5\n3,4,1\n", r"holds 0.5, no class"),
        ("1,2,nan\n3,4,1\n", r"the label is NaN or infinite in row 0"),
        ("1,2,a\n3,4,a\n", r"all examples have the label 'a'"),
        ("1,2,a\n3,4,b\n5,6,b\n7,8,b\n", r"class 'a' has 1 of the 3 examples"),
        ("1e200,a\n2,b\n", r"beyond float32, the first in row 0"),
    ],
)
def test_a_table_that_cannot_be_used_says_where(table, text, message):
    path = table(text)
    with pytest.raises(DataError, match=message) as caught:
        from_csv(path)
    assert str(path) in str(caught.value)


def test_other_encodings_and_binary_files_are_told(table):
    with pytest.raises(DataError, match="is no table of text"):
        from_csv(table("1,2,ä\n", "latin-1"))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=20))
def test_numbers_come_through_exactly(tmp_path_factory, numbers):
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    path.write_text("".join(f"{x!r},{label}\n" for label in "ab" for x in numbers))
    np.testing.assert_array_equal(gathered(from_csv(path))[0][:, 0], np.sort(numbers * 2))
