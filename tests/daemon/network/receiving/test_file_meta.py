"""The File Meta Information is what pydicom reads it as, and says who sent the file."""

from io import BytesIO

import pydicom

from daemon.network.receiving.file_meta import file_meta
from tests.support.dicom_peer import CR, EXPLICIT, data_set


def test_pydicom_reads_the_file_and_finds_who_sent_it():
    head = file_meta(
        sop_class_uid=CR,
        sop_instance_uid="1.2.3",
        transfer_syntax_uid=EXPLICIT,
        calling_ae="CT 1",
        called_ae="INBOXRAY",
        address="2001:db8::7",
        implementation=("1.2.826.0.1", "PEER_1"),
    )

    read = pydicom.dcmread(BytesIO(head + data_set("1.2.3")))

    meta = read.file_meta
    assert (
        meta.MediaStorageSOPInstanceUID,
        meta.MediaStorageSOPClassUID,
        meta.TransferSyntaxUID,
    ) == ("1.2.3", CR, EXPLICIT)
    assert (
        meta.SourceApplicationEntityTitle,
        meta.SendingApplicationEntityTitle,
        meta.ReceivingApplicationEntityTitle,
    ) == ("CT 1", "CT 1", "INBOXRAY")
    assert "2001:db8::7" == meta.SourcePresentationAddress == meta.SendingPresentationAddress
    assert meta.PrivateInformation.rstrip(b"\0") == b"1.2.826.0.1\\PEER_1"
    assert meta.ImplementationClassUID.is_valid
    assert meta.ImplementationClassUID != "1.2.826.0.1"  # the file is ours
    assert read.SOPInstanceUID == "1.2.3"
    assert meta.FileMetaInformationGroupLength == len(head) - 132 - 12
