"""What matches records: plain files and libraries, no Django."""
