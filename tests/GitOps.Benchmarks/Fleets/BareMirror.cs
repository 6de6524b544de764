namespace GitOps.Benchmarks.Fleets;

/// <summary>The floor of everything that follows a repository: git and nothing else.</summary>
internal sealed class BareMirror(BenchRepository repository, string directory)
{
    /// <summary>A mirror of what is served now.</summary>
    public Task CreateAsync(CancellationToken cancellationToken) =>
        repository.GitAsync(cancellationToken, "clone", "--quiet", "--bare", "--no-local", repository.Address, directory);

    /// <summary>Fetches the commit that was pushed and says what it changed.</summary>
    public async Task FetchAndCompareAsync(int commit, CancellationToken cancellationToken)
    {
        _ = await repository.GitAsync(
            cancellationToken, "--git-dir", directory, "fetch", "--quiet", "--no-tags", repository.Address, "refs/heads/main:refs/heads/main");
        _ = await repository.GitAsync(
            cancellationToken, "--git-dir", directory, "diff-tree", "-r", repository.Commits[commit - 1], repository.Commits[commit]);
    }
}
