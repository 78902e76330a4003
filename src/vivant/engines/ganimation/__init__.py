"""GANimation: Action Units in, a face that shows them out; needs the extra `learned`."""
