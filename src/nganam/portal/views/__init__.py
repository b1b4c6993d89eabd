"""Public pages by what they are about; every one of them is for anybody."""
