namespace GitOps.Platform.Processes;

/// <summary>A program to run: an argument list, never a shell string.</summary>
/// <param name="Arguments">The program, by name or path, then its arguments.</param>
public sealed record Command(IReadOnlyList<string> Arguments)
{
    /// <summary>Null: that of this process.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Added to the environment; null removes a variable.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Whether the program sees this process's environment; else only <c>PATH</c> and what is listed above.</summary>
    public bool InheritsEnvironment { get; init; } = true;

    /// <summary>After this long the program and all it started are killed.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Output and error beyond this many bytes each are read and thrown away.</summary>
    public int OutputLimitBytes { get; init; } = 1 << 20;

    /// <summary>Takes the output as it comes, instead of <see cref="CommandResult.Output"/>; not bounded by the limit above.</summary>
    public Func<Stream, CancellationToken, Task>? Consume { get; init; }

    /// <summary>Takes standard error line by line as it comes, besides <see cref="CommandResult.Error"/>. Must return at once.</summary>
    public Action<string>? ErrorLine { get; init; }

    /// <summary>Told the process id once it runs. Must return at once.</summary>
    public Action<int>? Started { get; init; }

    /// <summary>For messages.</summary>
    public override string ToString() => string.Join(' ', Arguments);
}
