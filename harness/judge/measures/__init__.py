"""What is measured of a run: a module each, a function of the evidence and of the measures it rests on."""
