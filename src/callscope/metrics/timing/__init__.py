"""How long things take: the call, answers, silences."""
