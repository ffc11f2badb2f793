"""One module or folder per framework; `payloads` is what all of them send and receive."""
