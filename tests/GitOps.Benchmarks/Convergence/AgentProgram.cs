namespace GitOps.Benchmarks.Convergence;

/// <summary>The agent that is started. <paramref name="IsNative"/>: compiled ahead of time, as it runs on nodes.</summary>
internal sealed record AgentProgram(string Path, bool IsNative)
{
    public string Says => IsNative ? "native" : "managed";

    public static AgentProgram Find()
    {
        var path = Environment.GetEnvironmentVariable("GITOPS_AGENT");
        return File.Exists(path)
            ? new AgentProgram(path, IsNative: !File.Exists($"{path}.dll"))
            : throw new InvalidOperationException("GITOPS_AGENT does not name the agent program; ./bench builds it and sets this");
    }
}
