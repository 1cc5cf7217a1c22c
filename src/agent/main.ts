// hapair-agent: the program on the node.

process.stdout.write("hapair-agent\n");
