"""Reading DICOM files: what kind of object one is, where its pixels lie, and how they are to be shown.

Its way in is `model.reading.dicom.file.open_dicom`. Nothing here reads past what it was promised: lengths are
checked before they are followed, and pydicom is handed a data set only, never the pixels.
"""
