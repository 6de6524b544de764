using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Pulumi;
using Pulumi.Testing;

[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)] // configuration is one variable of the process

namespace GitOps.Infra.Tests;

/// <summary>A resource as a program asked for it.</summary>
internal sealed record Asked(string Type, string Name, ImmutableDictionary<string, object> Inputs)
{
    public bool IsOnCluster => Type.StartsWith("kubernetes:", StringComparison.Ordinal);
}

/// <summary>What a stack registers, by Pulumi's own mocks.</summary>
internal sealed class StackTest : IMocks
{
    private readonly ConcurrentQueue<Asked> _registered = new();

    /// <summary>Outputs of other stacks by their full name.</summary>
    public Dictionary<string, ImmutableDictionary<string, object>> Stacks { get; } = [];

    public IEnumerable<Asked> Registered => _registered;

    public static bool[] Modes { get; } = [true, false];

    public async Task<ImmutableArray<Resource>> RunAsync<TStack>(bool isPreview, IReadOnlyDictionary<string, string> config, params string[] secrets)
        where TStack : Stack, new()
    {
        Environment.SetEnvironmentVariable("PULUMI_CONFIG", JsonSerializer.Serialize(config));
        Environment.SetEnvironmentVariable("PULUMI_CONFIG_SECRET_KEYS", JsonSerializer.Serialize(secrets));
        return await Deployment.TestAsync<TStack>(this, new TestOptions
        {
            IsPreview = isPreview,
            ProjectName = typeof(TStack).Name == "EdgeStack" ? "gitops-edge" : "gitops-cloud",
            StackName = "test",
            OrganizationName = "organization",
        });
    }

    public Task<(string? id, object state)> NewResourceAsync(MockResourceArgs args)
    {
        _registered.Enqueue(new Asked(args.Type ?? "", args.Name ?? "", args.Inputs));
        if (args.Type == "pulumi:pulumi:StackReference")
        {
            var outputs = Stacks.GetValueOrDefault((string)args.Inputs["name"], ImmutableDictionary<string, object>.Empty);
            return Task.FromResult<(string?, object)>((args.Name, new Dictionary<string, object>
            {
                ["name"] = args.Inputs["name"],
                ["outputs"] = outputs,
                ["secretOutputNames"] = ImmutableArray.Create<object>("kubeconfig"),
            }));
        }

        // What Cluster API writes.
        return Task.FromResult<(string?, object)>(args.Type == "kubernetes:core/v1:Secret" && args.Id is { Length: > 0 } id
            ? (id, args.Inputs.Add("data", ImmutableDictionary<string, object>.Empty.Add("value", Convert.ToBase64String("apiVersion: v1"u8))))
            : ($"{args.Name}-id", args.Inputs));
    }

    public Task<object> CallAsync(MockCallArgs args) => Task.FromResult<object>(args.Args);
}
