// Asks the code of the API server itself about documents: they are decoded strictly, get their defaults, and are validated as at
// creation; pods are held against level restricted of the Pod Security Standards. Its arguments are files; it prints a line for
// each, and fails where one of them would not be taken.
package main

import (
	"fmt"
	"os"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	"k8s.io/kubernetes/pkg/apis/networking"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

var (
	scheme  = legacyscheme.Scheme
	decoder = serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
)

func main() {
	failed := false
	for _, file := range os.Args[1:] {
		said, err := check(file)
		if err != nil {
			said, failed = "NOT TAKEN: "+err.Error(), true
		}
		fmt.Printf("%s: %s\n", file, said)
	}
	if failed {
		os.Exit(1)
	}
}

func check(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	decoded, _, err := decoder.Decode(data, nil, nil)
	if err != nil {
		return "", err
	}
	scheme.Default(decoded)
	switch object := decoded.(type) {
	case *networkingv1.NetworkPolicy:
		object.Namespace = "default"
		var policy networking.NetworkPolicy
		if err := scheme.Convert(object, &policy, nil); err != nil {
			return "", err
		}
		options := networkingvalidation.NetworkPolicyValidationOptions{}
		return "valid", networkingvalidation.ValidateNetworkPolicy(&policy, options).ToAggregate()
	case *appsv1.Deployment:
		object.Namespace = "default"
		var deployment apps.Deployment
		if err := scheme.Convert(object, &deployment, nil); err != nil {
			return "", err
		}
		options := pod.GetValidationOptionsFromPodTemplate(&deployment.Spec.Template, nil)
		if err := appsvalidation.ValidateDeployment(&deployment, options).ToAggregate(); err != nil {
			return "", err
		}
		evaluator, err := policy.NewEvaluator(policy.DefaultChecks())
		if err != nil {
			return "", err
		}
		level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
		template := &object.Spec.Template
		results := evaluator.EvaluatePod(level, &template.ObjectMeta, &template.Spec)
		if sum := policy.AggregateCheckResults(results); !sum.Allowed {
			return "", fmt.Errorf("not restricted: %s", sum.ForbiddenDetail())
		}
		return fmt.Sprintf("valid, restricted (%d checks)", len(results)), nil
	}
	return "", fmt.Errorf("%s is neither a Deployment nor a NetworkPolicy", strings.ToLower(file))
}
