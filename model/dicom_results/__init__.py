"""What was answered to a scan, as DICOM objects for an archive; pure, and alone in knowing highdicom."""
