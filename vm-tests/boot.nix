# One machine with nothing but what every machine has.
{
  nodes.machine = { };
}
