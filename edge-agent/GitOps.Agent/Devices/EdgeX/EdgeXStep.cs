using System.Diagnostics;
using GitOps.Agent.Planning;
using GitOps.Bundles;

namespace GitOps.Agent.Devices.EdgeX;

public enum EdgeXVerb
{
    /// <summary>POST.</summary>
    Add,

    /// <summary>PUT: all of it.</summary>
    Replace,

    /// <summary>PATCH: what differs.</summary>
    Change,
}

/// <summary>One object of a request.</summary>
/// <param name="Key">As <see cref="EdgeXObject.Key"/>.</param>
/// <param name="Version">What is desired of it.</param>
/// <param name="Json">The object as it is sent.</param>
public sealed record EdgeXItem(string Key, string Version, string Json);

/// <summary>One request to core-metadata, or the end of looking at it.</summary>
public abstract record EdgeXStep : IPlanStep
{
    private EdgeXStep() { } // closed: every case is in this file

    public required string Because { get; init; }

    /// <summary>Objects of one kind in one request.</summary>
    public sealed record Send(EdgeXVerb Verb, EdgeXKind Kind, EquatableArray<EdgeXItem> Items) : EdgeXStep;

    /// <param name="IsLast">The unit leaves: what cannot be removed is tried again until it can.</param>
    public sealed record Delete(EdgeXKind Kind, string Name, bool IsLast) : EdgeXStep;

    /// <summary>Nothing of the unit is left there.</summary>
    public sealed record Forget : EdgeXStep;

    public string Describe() => this switch
    {
        Send(var verb, _, var items) => $"{Word(verb)} {Names(items)}",
        Delete(var kind, var name, _) => $"remove {EdgeXObject.Word(kind)} '{name}'",
        Forget => "forget what is in EdgeX",
        _ => throw new UnreachableException($"unknown step {this}"),
    };

    private static string Word(EdgeXVerb verb) => verb switch
    {
        EdgeXVerb.Add => "add",
        EdgeXVerb.Replace => "replace",
        _ => "change",
    };

    internal static string Names(EquatableArray<EdgeXItem> items) => items.Count switch
    {
        1 => items[0].Key,
        2 => $"{items[0].Key} and {items[1].Key}",
        _ => $"{items[0].Key} and {items.Count - 1} more",
    };
}
