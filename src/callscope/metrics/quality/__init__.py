"""How the parties sound: levels, noise, damage, and what listeners would say of it."""
