#!/usr/bin/env node
// Kept in the repository, unlike what it starts: npm links commands when it installs, before anything is built.
import '../dist/main.js';
