"""One file per group of operations; each has OPERATIONS: name -> function(service, caller, request) -> answer."""
