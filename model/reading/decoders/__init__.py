"""Decoders: one module per family of transfer syntaxes, and one for PNG and JPEG files.

Each DICOM decoder is a function from the bytes of one frame and the layout that the header promises to a
`DecodedFrame`. It checks the frame's own header against the layout before it decodes, so that a small header
cannot let a large picture in, and raises BadPixels where the two differ.
"""
