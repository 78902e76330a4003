"""Parts of networks that several engines share; no engine by itself."""
