using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Tests.Running;

/// <summary>Processes for the real program to supervise.</summary>
internal static class RunningUnits
{
    /// <summary>Says a word and stays.</summary>
    public static Unit Workload(string name, string word) => Process(name, $"echo {word}; exec sleep 1000");

    public static Unit Process(string name, string script) => new(name, new WorkloadSpec
    {
        Process = new ProcessSpec
        {
            Command = ["./run.sh"],
            Files = [new UnitFile("run.sh", [new ContentPart.Text($"#!/bin/sh\n{script}\n")]) { Mode = "0755" }],
            Backoff = new RestartBackoff(100, 500),
        },
    })
    {
        Probes = script.Contains("sleep", StringComparison.Ordinal)
            ? [new Probe("there") { Exec = new ExecProbe(["/bin/true"]), PeriodMs = 500, TimeoutMs = 10_000 }]
            : [],
    };
}
