"""The form of an upload."""

from __future__ import annotations

from typing import Any

from django import forms

from mappings.batch.files import MOST_BYTES


class UploadForm(forms.Form):
    ITEMS, EVERYTHING = "items", "everything"

    file = forms.FileField(
        label="File",
        help_text="CSV or Excel workbook (XLSX), up to 10 MB. It is checked first; nothing is changed before "
        "you press Apply.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
    )
    scope = forms.ChoiceField(
        label="What the file stands for",
        choices=[
            (ITEMS, "Only the items in the file: all others stay as they are"),
            (EVERYTHING, "Everything: items that the file does not name lose their mappings in its columns"),
        ],
        initial=ITEMS,
        widget=forms.RadioSelect,
    )

    def clean_file(self) -> Any:
        file: Any = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError("The file is larger than 10 MB: split it, or save it as XLSX.")
        return file
