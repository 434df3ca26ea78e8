"""The trail: every act with who, what, why and when, in order, none changed afterwards."""
