using System.Collections.Immutable;
using GitOps.Manifests;
using GitOps.Manifests.State;
using GitOps.Reconciler.Rendering;
using GitOps.Reconciler.Targeting;

namespace GitOps.Reconciler.Compile;

/// <summary>
/// Compiles one revision after another: parse → validate → render, as far as something changed. The bytes and findings are
/// those of a compilation of the whole tree; a cold start is the change from nothing. Pure: no clock, no disk, and the same
/// changes give the same results by any number of threads.
/// </summary>
/// <remarks>
/// Rejected revisions are taken over like others, so that the one that repairs them costs no more than the repair. One
/// owner, one call at a time; after an exception it is not to be used again.
/// </remarks>
public sealed class FleetCompilation
{
    private readonly FleetState _fleet = new();
    private readonly ScopeTable _scopes;
    private readonly TemplateCache _templates = new();
    private readonly UnitTable _units;
    private readonly Dictionary<string, CompiledNode> _nodes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _pending = new(StringComparer.Ordinal);
    private readonly NodeFindings<NodeFinding> _findings = new();
    private readonly NodeFindings<Finding> _claims = new();
    private ImmutableSortedDictionary<string, NodeBundle> _bundles = ImmutableSortedDictionary.Create<string, NodeBundle>(StringComparer.Ordinal);
    private ChangeHistory _history;

    public FleetCompilation()
    {
        _scopes = new ScopeTable(_fleet);
        _units = new UnitTable(_fleet, _templates);
        _history = ChangeHistory.Of(this);
    }

    /// <summary>The tree of the newest revision.</summary>
    public FleetSource Source => _fleet.Manifest.Source;

    /// <summary>For <see cref="Resume"/> of another process. Costs what the fleet is.</summary>
    public KeptCompilation Keep() => KeptCompilation.Of(_nodes);

    /// <summary>The first revision, with what another process kept of it: the same result for less work.</summary>
    /// <param name="changes">What leads from nothing to the very tree that <paramref name="kept"/> is of.</param>
    /// <param name="kept">By this very program.</param>
    public CompileResult Resume(IReadOnlyList<SourceChange> changes, KeptCompilation kept, CompileOptions? options = null) =>
        _nodes.Count == 0 && _fleet.Manifest.Source.Count == 0
            ? Apply(changes, kept, options)
            : throw new InvalidOperationException("this compilation has begun already");

    /// <param name="changes">What leads from the revision before to this one; each path once.</param>
    public CompileResult Apply(IReadOnlyList<SourceChange> changes, CompileOptions? options = null) => Apply(changes, kept: null, options);

    private CompileResult Apply(IReadOnlyList<SourceChange> changes, KeptCompilation? kept, CompileOptions? options)
    {
        options ??= CompileOptions.Default;
        _templates.Trim();
        var delta = _fleet.Apply(changes, options.ParseFile, options.MaxParallelism);
        _pending.UnionWith(delta.Nodes);
        _pending.UnionWith(_units.Apply(delta, areSecretsOther: _scopes.Apply(delta.Resources, delta.Paths)));
        var findings = _fleet.Findings();
        var rulesHold = findings.Errors == 0;

        // Templates are rendered even where a rule is broken, so that everything wrong is said at once. Without the Fleet, a
        // Site or a Secret, though, they would only complain of what is missing because of it.
        if (_fleet.HasAllThatTemplatesSee)
        {
            CompilePending(kept, options.MaxParallelism);
            findings.AddRange(_findings.All.Select(entry => entry.What.IsForAll ? entry.What.Finding : Counted(entry.What.Finding, entry.First, entry.Nodes)));
            findings.AddRange(rulesHold ? _claims.All.Select(entry => entry.What.On(entry.First)) : []);
        }

        return findings.Errors > 0
            ? new CompileResult.Rejected(findings.ToSorted())
            : new CompileResult.Compiled(new FleetBundles(_fleet.Manifest, _bundles, _history), findings.ToSorted());
    }

    private void CompilePending(KeptCompilation? kept, int parallelism)
    {
        var names = _pending.ToArray();
        var compiled = new CompiledNode?[names.Length];
        _units.Prepare(names.Select(_fleet.Nodes.GetValueOrDefault).OfType<PlacedNode>(), kept);
        var compiler = new NodeCompiler(_fleet, _scopes, _units.Of, kept);
        // Each writes its own place: what comes first does not show.
        Parallel.For(0, names.Length, new ParallelOptions { MaxDegreeOfParallelism = names.Length < 4 ? 1 : parallelism },
            static () => new RenderContext(),
            (i, _, context) =>
            {
                compiled[i] = _fleet.Nodes.TryGetValue(names[i], out var placed)
                    ? compiler.Compile(placed, _nodes.GetValueOrDefault(names[i]), context)
                    : null;
                return context;
            },
            static _ => { });
        Take(names, compiled);
        _units.Remember();
        _pending.Clear();
    }

    private void Take(string[] names, CompiledNode?[] compiled)
    {
        List<string> changed = [];
        var bundles = _bundles.ToBuilder();
        for (var i = 0; i < names.Length; i++)
        {
            var (name, node) = (names[i], compiled[i]);
            var before = _nodes.GetValueOrDefault(name)?.Bundle;
            if (node is null)
            {
                _nodes.Remove(name);
            }
            else
            {
                _nodes[name] = node;
            }

            _findings.Set(name, node?.Findings ?? []);
            _claims.Set(name, node?.Claims ?? []);
            if (node?.Bundle is { } bundle)
            {
                bundles[name] = bundle;
            }
            else
            {
                bundles.Remove(name);
            }

            if (!ReferenceEquals(before, node?.Bundle))
            {
                changed.Add(name);
            }
        }

        _bundles = bundles.ToImmutable();
        _history = _history.With(changed);
    }

    /// <summary>Says once what is wrong on many nodes: which is the first, and how many more.</summary>
    private static Finding Counted(Finding finding, string first, int nodes) => finding with
    {
        What = nodes switch
        {
            1 => $"{finding.What} (on node {first})",
            2 => $"{finding.What} (on node {first} and 1 more node)",
            _ => $"{finding.What} (on node {first} and {nodes - 1} more nodes)",
        },
    };
}
