// How long the parts of a move on purpose take or may take. One table: the nodes' scripts, the command line and the simulator go by the same.

export const moveTimes = {
  /** Between two looks whether the VIP has left or come. */
  lookMs: 10,
  /** How many looks a VIP may take to leave its interface once the hold is written. */
  leaveLooks: 300,
  /** How many looks the taker may take: a skew and a busy machine. */
  awaitLooks: 500,
  /** How long a third node stands aside while the VIP goes from one to another. */
  asideS: 2,
  /** How long a standby is quick to take the VIP where nobody says that the move is over: longer than giving and taking may take. */
  boostS: 30,
  /** keepalived reads the watched file at once; a priority that is not lifted yet costs the skew that was to be saved. */
  boostSettlesMs: 150,
  /** How much longer the nodes keep the drain path than the operator means to use it: whoever comes back within it finds it. */
  leaseMarginS: 30,
  /** A client that still has the old hardware address finds the path open for so long: keepalived announces the VIP every second. */
  openAtLeastMs: 3000,
  /** Longer than letting go and taking take at most on a busy machine: a node that has not answered by then is lost. */
  stepLimitMs: 45_000,
} as const;

/** What lifts a standby's priority to the most there is, whatever it was. */
export const BOOST = 253;
