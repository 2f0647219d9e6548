"""The user's own .npz and .csv files: what is read, and the error messages for files that cannot be used."""

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
    """Return a function that writes arrays to a .npz file."""

    def write(**arrays):
        np.savez(tmp_path / "mine.npz", **arrays)
        return tmp_path / "mine.npz"

    return write


@pytest.fixture
def table(tmp_path):
    """Return a function that writes text to a .csv file."""

    def write(text, encoding="utf-8"):
        (tmp_path / "mine.csv").write_bytes(text.encode(encoding))
        return tmp_path / "mine.csv"

    return write


def all_examples(dataset):
    """Return the examples of all splits, sorted by their first input."""
    x = np.concatenate([dataset.train[0], dataset.validation[0], dataset.test[0]])
    y = np.concatenate([dataset.train[1], dataset.validation[1], dataset.test[1]])
    order = np.argsort(x.reshape(len(x), -1)[:, 0])
    return x[order], y[order]


# .npz


@pytest.mark.parametrize("shape", [(20, 3), (20, 4, 5), (20, 4, 5, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.float64, ">f4"])
def test_real_numbers_of_any_dtype_and_shape_are_read(npz, shape, dtype):
    x = np.zeros(shape, dtype)
    x.reshape(20, -1)[:, 0] = np.arange(20)
    dataset = from_npz(npz(x=x, y=Y))
    assert dataset.name == "mine"
    assert dataset.train[0].dtype == dtype
    assert [len(split[1]) for split in (dataset.train, dataset.validation, dataset.test)] == [12, 4, 4]
    np.testing.assert_array_equal(all_examples(dataset)[0], x)
    np.testing.assert_array_equal(all_examples(dataset)[1], Y)
    assert np.isfinite(dataset.standardized().train.x).all()


def test_booleans_are_read(npz):
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
def test_labels_are_numbered_in_sorted_order(npz, labels, names):
    dataset = from_npz(npz(x=X, y=np.array(labels)[Y]))
    assert dataset.class_names == names
    expected = np.array([str(n.decode() if isinstance(n, bytes) else n) for n in np.array(labels).tolist()])[Y]
    read = np.array(names)[all_examples(dataset)[1]]
    np.testing.assert_array_equal(read, [text.removesuffix(".0") for text in expected])


def test_given_test_examples_are_the_test_split(npz):
    dataset = from_npz(npz(x=X, y=Y + 4, x_test=-X[:5], y_test=np.array([4, 5, 5, 4, 4])))
    np.testing.assert_array_equal(dataset.test[0], -X[:5])
    np.testing.assert_array_equal(dataset.test[1], [0, 1, 1, 0, 0])
    assert [len(dataset.train[1]), len(dataset.validation[1])] == [16, 4]


def test_other_arrays_are_not_read(npz):
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
    x, labels = all_examples(dataset)
    np.testing.assert_array_equal(x[:, 0], np.arange(len(y)))
    np.testing.assert_array_equal(labels, y)


def with_value(array, where, value):
    changed = np.array(array, np.float64)
    changed[where] = value
    return changed


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X}, r"lacks y; it has x: np.savez"),
        ({"images": X, "labels": Y}, r"lacks x and y; it has images, labels"),
        ({}, r"it has no arrays"),
        ({"x": X, "y": Y, "x_test": X}, r"lacks y_test; it has x, x_test, y"),
        ({"x": X.astype(object), "y": Y}, r"x is an object array, .* save it as numbers"),
        ({"x": X, "y": Y.astype(object)}, r"y is an object array"),
        ({"x": X + 0j, "y": Y}, r"x must hold real numbers, not complex128"),
        ({"x": X.astype(str), "y": Y}, r"x must hold real numbers, not <U"),
        ({"x": X.astype("m8[s]"), "y": Y}, r"x must hold real numbers, not timedelta"),
        ({"x": with_value(X, (7, 1), np.nan), "y": Y}, r"x has 1 values .* first in row 7 "),
        ({"x": with_value(X, (slice(3, 5), 0), -np.inf), "y": Y}, r"x has 2 values .* first in row 3 "),
        ({"x": with_value(X, (2, 0), 1e300), "y": Y}, r"x has 1 values .* beyond float32, the first in row 2 "),
        ({"x": X[:, 0], "y": Y}, r"x has the shape \(20,\)"),
        ({"x": X[:, :0], "y": Y}, r"no columns"),
        ({"x": X[:0], "y": Y[:0]}, r"no rows"),
        ({"x": X[:, None, None, None], "y": Y}, r"x has the shape \(20, 1, 1, 1, 3\)"),
        ({"x": X, "y": Y[:-1]}, r"x and y differ in length: 20 and 19"),
        ({"x": X, "y": np.eye(2)[Y]}, r"y has the shape \(20, 2\); .* y.argmax\(1\)"),
        ({"x": X, "y": with_value(Y, 4, np.nan)}, r"y is NaN or infinite in row 4"),
        ({"x": X, "y": with_value(Y, 4, np.inf)}, r"y is NaN or infinite in row 4"),
        ({"x": X, "y": with_value(Y, 4, 0.5)}, r"y has 0.5, which is not a class; give integers or strings"),
        ({"x": X, "y": with_value(Y, 4, 1e300)}, r"y has 1e\+300, which is not a class"),
        ({"x": X, "y": Y + 1j}, r"y must hold integers or strings, not complex128"),
        ({"x": X, "y": 0 * Y}, r"all examples have the label '0'; give two classes or more"),
        ({"x": X, "y": np.where(np.arange(20) < 2, "rare", "usual")}, r"class 'rare' has 2 of the 3 examples"),
        ({"x": X[:2], "y": Y[:2]}, r"class '0' has 1 of the 3 examples"),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y + 1}, r"y_test has the label 2, which y does not have"),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y.astype(str)}, r"y_test has the label '0', which y does not have"),
        (
            {"x": X, "y": Y, "x_test": X[:, :2], "y_test": Y},
            r"an example of x_test has the shape \(2,\), one of x \(3,",
        ),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y[:3]}, r"x_test and y_test differ in length"),
        ({"x": X, "y": Y, "x_test": X[:0], "y_test": Y[:0]}, r"x_test has the shape \(0, 3\), with no rows"),
        ({"x": X, "y": Y, "x_test": with_value(X, (1, 1), np.nan), "y_test": Y}, r"x_test has 1 values"),
        ({"x": X, "y": np.arange(20) > 18, "x_test": X, "y_test": Y > 0}, r"class 'True' has 1 of the 2 examples"),
    ],
)
def test_the_error_for_an_unusable_file_gives_the_reason_in_one_line(npz, arrays, message):
    path = npz(**arrays)
    with pytest.raises(DataError, match=message) as caught:
        from_npz(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def pickled():
    """Return a malicious .npy file, which would create a folder if it were unpickled."""

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


def test_an_entry_that_is_not_an_array_is_an_error(tmp_path):
    with zipfile.ZipFile(tmp_path / "mine.npz", "w") as archive:
        archive.writestr("x", "hello")
    with pytest.raises(DataError, match="x is not an array"):
        from_npz(tmp_path / "mine.npz")


@pytest.mark.parametrize("content", [b"", b"hello", b"\x93NUMPY", b"PK\x03\x04 cut short"])
def test_a_file_that_is_not_npz_is_an_error(tmp_path, content):
    (tmp_path / "mine.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"mine.npz is not a complete .npz file; write it with np.savez"):
        from_npz(tmp_path / "mine.npz")


def test_damage_of_any_byte_is_detected(npz):
    path = npz(x=X, y=Y)
    intact, expected = path.read_bytes(), from_npz(path).fingerprint
    for position in range(0, len(intact), 3):
        damaged = bytearray(intact)
        damaged[position] ^= 0x55
        path.write_bytes(damaged)
        try:  # a changed date in the archive does not change the data
            assert from_npz(path).fingerprint == expected
        except DataError:
            continue


@pytest.mark.parametrize("read", [from_npz, from_csv])
def test_a_missing_file_and_a_folder_are_errors(tmp_path, read):
    for path in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(DataError, match="there is no such file"):
            read(path)


# .csv


ROWS = [f"{i},{i * i},{'ab'[i % 2]}" for i in range(12)]


def test_the_last_column_is_the_label(table):
    dataset = from_csv(table("\n".join(ROWS)))
    assert dataset.class_names == ("a", "b")
    x, y = all_examples(dataset)
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
def test_a_header_is_recognised(table, text, width):
    dataset = from_csv(table(text))
    assert dataset.train[0].shape[1] == width
    assert len(all_examples(dataset)[0]) == 12
    assert dataset.class_names == ("a", "b")


@pytest.mark.parametrize("name", ["label", "Class", "TARGET", "y"])
def test_a_named_label_column_may_be_anywhere(table, name):
    dataset = from_csv(table(f"a,{name},b\n" + "\n".join(f"{i},{i % 3},{-i}" for i in range(12))))
    assert dataset.class_names == ("0", "1", "2")
    np.testing.assert_array_equal(all_examples(dataset)[0], [[i, -i] for i in range(12)])


def test_a_first_example_is_not_a_header(table):
    """Labels may be "y" and "n", although "y" may also name the label column."""
    dataset = from_csv(table("\n".join(f"{i},{'yn'[i % 2]}" for i in range(12))))
    assert len(all_examples(dataset)[0]) == 12


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
        ("1,2,0.5\n3,4,1\n", r"has 0.5, which is not a class"),
        ("1,2,nan\n3,4,1\n", r"the label is NaN or infinite in row 0"),
        ("1,2,a\n3,4,a\n", r"all examples have the label 'a'"),
        ("1,2,a\n3,4,b\n5,6,b\n7,8,b\n", r"class 'a' has 1 of the 3 examples"),
        ("1e200,a\n2,b\n", r"beyond float32, the first in row 0"),
    ],
)
def test_the_error_for_an_unusable_table_gives_the_position(table, text, message):
    path = table(text)
    with pytest.raises(DataError, match=message) as caught:
        from_csv(path)
    assert str(path) in str(caught.value)


def test_other_encodings_are_an_error(table):
    with pytest.raises(DataError, match="is not a text table"):
        from_csv(table("1,2,ä\n", "latin-1"))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=20))
def test_numbers_are_read_exactly(tmp_path_factory, numbers):
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    path.write_text("".join(f"{x!r},{label}\n" for label in "ab" for x in numbers))
    np.testing.assert_array_equal(all_examples(from_csv(path))[0][:, 0], np.sort(numbers * 2))
